package cockroach

import (
	"encoding/csv"
	"errors"
	"strings"
)

// ActiveVersion asks at which version the cluster works; see ParseActive.
func (c Cluster) ActiveVersion() []string {
	return c.SQLCommand("SHOW CLUSTER SETTING version")
}

// KeepWayBack keeps the database from finalising a release upgrade by itself
// once all its nodes run the new release. It is to be said before the first
// one does, and holds over restarts. runs is the release that asks it.
//
// Source: the makers' page "Upgrade": cluster.auto_upgrade.enabled since v23.2,
// before that cluster.preserve_downgrade_option with the active version. That
// the latter takes no other version was recorded from v21.1.2.
func (c Cluster) KeepWayBack(runs Version, active Series) []string {
	if runs.atLeast(23, 2) {
		return c.SQLCommand("SET CLUSTER SETTING cluster.auto_upgrade.enabled = false")
	}
	return c.SQLCommand("SET CLUSTER SETTING cluster.preserve_downgrade_option = '" + active.String() + "'")
}

// LetGo undoes KeepWayBack of either kind: the older one may have been said
// by a release before the one that runs.
func (c Cluster) LetGo(runs Version) []string {
	statements := []string{"RESET CLUSTER SETTING cluster.preserve_downgrade_option"}
	if runs.atLeast(23, 2) {
		statements = append(statements, "RESET CLUSTER SETTING cluster.auto_upgrade.enabled")
	}
	return c.SQLCommand(statements...)
}

// Finalise makes the cluster work at a version, after which no older release
// reads its data. It goes on in the database when the command is cut off.
func (c Cluster) Finalise(to Series) []string {
	return c.SQLCommand("SET CLUSTER SETTING version = '" + to.String() + "'")
}

// FirstValue is the one value in the CSV that a question gave.
func FirstValue(csv string) (string, error) {
	rows, err := records(csv)
	if err != nil || len(rows) < 2 || len(rows[1]) != 1 {
		return "", errors.New("no value in the database's answer")
	}
	return rows[1][0], nil
}

// records reads CSV, the header first.
func records(text string) ([][]string, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	return reader.ReadAll()
}
