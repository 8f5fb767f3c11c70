// Package diagnose says why a cluster does not come up: from what was seen of
// it at one moment to a phase of each pod, and for what does not go on a cause
// with its evidence and the next step. It is pure: it asks nobody and knows no
// clock.
//
// A cause is for its reader: the sentence says what is wrong, the evidence is
// what somebody else said of it in their own words, and the next step can be
// typed. Its class decides how long a command waits for it to pass.
package diagnose
