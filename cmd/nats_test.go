package cmd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// natsAt is the variable that has the test binary be a node of a NATS cluster, instead of running tests: its ports for clients and for
// other nodes, and after them the other nodes' ports.
const natsAt = "VITRINE_NATS_AT"

// serveNATS is a node until the process is killed. It returns its exit code.
func serveNATS(ports string) int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, "be a NATS node:", err)
		return 1
	}
	var client, own, one, other int
	if _, err := fmt.Sscan(ports, &client, &own, &one, &other); err != nil {
		return fail(err)
	}
	s, err := server.NewServer(&server.Options{
		ServerName: fmt.Sprint("node-", client), Host: "127.0.0.1", Port: client, NoLog: true,
		Cluster: server.ClusterOpts{Name: "shop", Host: "127.0.0.1", Port: own},
		Routes:  server.RoutesFromStr(fmt.Sprintf("nats://127.0.0.1:%d,nats://127.0.0.1:%d", one, other)),
	})
	if err != nil {
		return fail(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		return fail(errors.New("it does not listen"))
	}
	for s.NumRoutes() == 0 { // a node that knows no other would say that nobody serves
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("joined")
	s.WaitForShutdown()
	return 0
}

// cluster is a NATS cluster of three processes.
type cluster struct {
	t     testing.TB
	ports [6]int
	nodes [3]*program
}

func newCluster(t testing.TB) *cluster {
	t.Helper()
	c := &cluster{t: t}
	for i := range c.ports {
		c.ports[i] = freePort(t)
	}
	for i := range c.nodes {
		c.launch(i)
	}
	for i := range c.nodes {
		c.joined(i)
	}
	return c
}

func (c *cluster) launch(i int) {
	c.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), natsAt+"="+fmt.Sprint(c.ports[i], c.ports[3+i], c.ports[3+(i+1)%3], c.ports[3+(i+2)%3]))
	c.nodes[i] = run(c.t, fmt.Sprint("NATS node ", i), cmd)
}

// joined waits until a node has joined the others.
func (c *cluster) joined(i int) {
	c.t.Helper()
	select {
	case <-c.nodes[i].out:
	case <-c.nodes[i].done:
		c.t.Fatal("a NATS node has ended")
	case <-time.After(patience):
		c.t.Fatal("a NATS node joins nobody")
	}
}

// urls are the nodes' addresses for clients.
func (c *cluster) urls() string {
	var list []string
	for _, port := range c.ports[:3] {
		list = append(list, fmt.Sprintf("nats://127.0.0.1:%d", port))
	}
	return strings.Join(list, ",")
}
