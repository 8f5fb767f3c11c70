package main

// aims is what was wanted and is not reached, and why.
const aims = `
### What was wanted

- At most 0.8 of the expert's wall time: only in some runs. Nearly all of either is the cluster's own time, and the expert applies what crdb-kube renders. In it a node asks its peers once a second and a probe looks once a second, so that an init some tenths earlier gains a whole second or nothing: medians of a run came out between 0.8 and 1.1.
- At most 40 requests: not reached. Some 14 do what the script does: settings, claims, Services, budget, StatefulSet, init, and four watches in place of one. The others are what it leaves out: version, namespace and rights (3), a lock (2, and 1 every few seconds), a look at what is there before anything is written over (10), Secrets of the certificates and of the application, with their reads (7), its user (1), the cluster's ID, asked for and written on the settings and each claim (5), the health of each pod before init and after (8). But for the lock the number does not grow with the time that the pods take.
- A hundred pods: a hundred databases need more than these cores. ` + "`bench -pods 100`" + ` measures them where they run.
`
