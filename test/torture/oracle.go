package torture

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// oracle knows which rows the database has acknowledged. It writes into the
// table rows, one number after the other; one whose answer did not come is
// never tried again, so that each row is either acknowledged or in doubt.
type oracle struct {
	program program

	mu           sync.Mutex
	next         int
	acknowledged []int
	stop         context.CancelFunc
	done         sync.WaitGroup
}

// open makes the table and writes the first rows.
func (o *oracle) open(ctx context.Context, rows int) error {
	if c := o.program.run(ctx, "sql", "-e", "CREATE TABLE rows (n INT PRIMARY KEY)"); c.code() != 0 {
		return fmt.Errorf("no table:\n%s", c)
	}
	ctx, cancel := context.WithTimeout(ctx, hung)
	defer cancel()
	o.converse(ctx, rows)
	if o.rows() < rows {
		return fmt.Errorf("%d rows acknowledged of %d", o.rows(), rows)
	}
	return nil
}

// begin goes on writing until end, over as many connections as it takes.
func (o *oracle) begin(ctx context.Context) {
	ctx, o.stop = context.WithCancel(ctx)
	again := time.NewTicker(200 * time.Millisecond)
	o.done.Go(func() {
		defer again.Stop()
		for ctx.Err() == nil {
			o.converse(ctx, -1)
			select {
			case <-again.C:
			case <-ctx.Done():
			}
		}
	})
}

// end stops what begin began.
func (o *oracle) end() {
	if o.stop != nil {
		o.stop()
		o.done.Wait()
	}
}

// rows is how many were acknowledged.
func (o *oracle) rows() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.acknowledged)
}

// converse writes rows over one connection, until that breaks or there are
// enough; -1: never enough.
func (o *oracle) converse(ctx context.Context, enough int) {
	c := o.program.prepare(ctx, "sql", "--", "--format=csv")
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return
	}
	out, from := io.Pipe()
	c.cmd.Stdout = from
	c.start()
	defer c.kill()
	defer out.Close()
	go func() {
		<-c.ended
		from.Close()
	}()
	defer in.Close()
	answers := bufio.NewScanner(out)
	for n := 0; n != enough && ctx.Err() == nil; n++ {
		o.mu.Lock()
		row := o.next
		o.next++
		o.mu.Unlock()
		if _, err := fmt.Fprintf(in, "INSERT INTO rows VALUES (%d);\n", row); err != nil {
			return
		}
		if !answers.Scan() || answers.Text() != "INSERT 1" {
			return
		}
		o.mu.Lock()
		o.acknowledged = append(o.acknowledged, row)
		o.mu.Unlock()
	}
}

// lost are the rows that were acknowledged and are not there.
func (o *oracle) lost(ctx context.Context) ([]int, error) {
	c := o.program.run(ctx, "sql", "-e", "SELECT n FROM rows", "--", "--format=csv")
	if c.code() != 0 {
		return nil, fmt.Errorf("rows cannot be read:\n%s", c)
	}
	there := map[string]bool{}
	for line := range strings.Lines(c.stdout.String()) {
		there[strings.TrimSpace(line)] = true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var lost []int
	for _, row := range o.acknowledged {
		if !there[strconv.Itoa(row)] {
			lost = append(lost, row)
		}
	}
	return lost, nil
}
