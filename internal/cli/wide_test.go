package cli

import (
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func TestLicenceText_neverTakesUnknownForNone(t *testing.T) {
	throttled := time.Date(2026, 11, 29, 14, 2, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		licence     cockroach.Count
		throttled   time.Time
		table, wide string
	}{
		"unknown":             {cockroach.Count{}, time.Time{}, "", "licence: -"},
		"none":                {n(0), time.Time{}, "", "no licence"},
		"none, and throttled": {n(0), throttled, "no licence: throttled from 2026-11-29", "no licence: throttled from 2026-11-29"},
		"for a second":        {n(1), time.Time{}, "", "licence: 0 days"},
		"for a day":           {n(24 * 3600), time.Time{}, "", "licence: 1 day"},
		"for long":            {n(29*24*3600 + 5), time.Time{}, "", "licence: 29 days"},
		"ended":               {n(-1), time.Time{}, "licence: ended", "licence: ended"},
	} {
		s := deploy.Status{Licence: test.licence, ThrottledFrom: test.throttled}
		if table, wide := licenceText(s, outputTable), licenceText(s, outputWide); table != test.table || wide != test.wide {
			t.Errorf("%s: table %q, wide %q", name, table, wide)
		}
	}
}

func TestDaysLeft_areWholeAndRoundedDown(t *testing.T) {
	const day = 24 * time.Hour
	for left, want := range map[time.Duration]string{
		0: "0 days", day - 1: "0 days", day: "1 day", 2*day - 1: "1 day", 400 * day: "400 days", -1: "ended", -3 * day: "ended",
	} {
		if got := daysText(daysLeft(deploy.Status{Seen: seenAt()}, seenAt().Add(left))); got != want {
			t.Errorf("%v: %q, want %q", left, got, want)
		}
	}
	if got := daysText(daysLeft(deploy.Status{Seen: seenAt()}, time.Time{})); got != "-" {
		t.Errorf("unknown: %q", got)
	}
}

func TestWideCells_warnOfFullDisksAndClocks(t *testing.T) {
	for want, pod := range map[progress.Tone]deploy.PodStatus{
		progress.Normal: {Capacity: n(100), Available: n(15), ClockOffset: n(300e6)},
		progress.Warn:   {Capacity: n(100), Available: n(14)},
		progress.Bad:    {ClockOffset: n(-300e6 - 1)},
	} {
		worst := progress.Normal
		for _, cell := range wideCells(pod) {
			worst = max(worst, cell.Tone)
		}
		if worst != want {
			t.Errorf("%+v: tone %v, want %v", pod, worst, want)
		}
	}
}
