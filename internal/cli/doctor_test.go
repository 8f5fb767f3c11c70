package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func checkup() deploy.Checkup {
	return deploy.Checkup{
		Context: "minikube", Target: deploy.Target{Namespace: "default", Name: "cockroachdb"}, Seen: time.Date(2026, 11, 23, 14, 2, 0, 0, time.UTC),
		Checks: []deploy.Checked{
			{ID: "server", Outcome: deploy.Passed, Text: "Kubernetes v1.37.2"},
			{ID: "storage-class", Outcome: deploy.Passed, Text: "standard: binds at once", Evidence: []string{"only with -o wide"}},
			{
				ID: "room", Outcome: deploy.Failing, Text: "3 pods of 2 CPU and 64Gi each: there is room for 0 now",
				Evidence: []string{"machine-1: 1700m CPU and 20.4Gi free", "machine-2\x1b[2J: takes no pods now"}, Next: "a smaller --cpu or --memory, fewer --nodes, or more nodes",
			},
			{ID: "quota", Outcome: deploy.Skipped, Text: "forbidden: list resourcequotas in namespace default"},
			{ID: "licence", Outcome: deploy.Warning, Text: "without one at most 5 transactions at once from 2026-11-30 on", Next: "--nodes 1 is exempt; else get a licence in time"},
		},
	}
}

func TestDoctor_readsWellAtEveryWidth(t *testing.T) {
	a, _, _ := testApp(noInput(), nil)
	for _, form := range []output{outputTable, outputWide} {
		golden(t, fmt.Sprintf("doctor.%s", form), atWidths(t, func(width int) string {
			var b strings.Builder
			if err := a.checkupPage(checkup(), form).Write(&b, progress.NewPalette(progress.ColorNever), width); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}))
	}
}

func TestDoctor_endsWithTheCodeOfWhatItFound(t *testing.T) {
	well := checkup()
	well.Checks = append(well.Checks[:2:2], well.Checks[3:]...)
	for _, test := range []struct {
		name    string
		checkup deploy.Checkup
		code    int
	}{{"doctor-failed", checkup(), 1}, {"doctor-well", well, 0}} {
		a, out, _ := testApp(noInput(), nil)
		if code := exitCode(t.Context(), a.showCheckup(test.checkup, outputJSON)); code != test.code {
			t.Errorf("%s: exit code %d, want %d", test.name, code, test.code)
		}
		golden(t, test.name+".json", out.String())
	}
}
