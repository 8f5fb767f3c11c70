// Package screentest is a terminal for tests: it takes what a program writes
// and knows what a person would see. It imports nothing of what it tests.
package screentest
