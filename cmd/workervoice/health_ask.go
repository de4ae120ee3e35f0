package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// ready asks the program that runs on this machine whether work may be given to
// it. It is what a container without a shell can be watched with.
func ready(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	if err := c.parse(fs, args); err != nil {
		return err
	}
	at := c.metrics
	if at == "" {
		at = c.addr
	}
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return fmt.Errorf("%q is no address such as 127.0.0.1:9100: give METRICS_ADDR or ADDR as the program has it", at)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("nothing answers at %s: the program does not run, or elsewhere (give METRICS_ADDR or ADDR as it has it)", at)
	}
	defer r.Body.Close()
	words, err := io.ReadAll(io.LimitReader(r.Body, 200))
	if err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return errors.New(string(bytes.TrimSpace(words)))
	}
	_, err = out.Write(words)
	return err
}
