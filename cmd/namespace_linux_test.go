package cmd

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// namespace is a network apart from the machine's: what runs in it sees its own loopback and the ends of links, nothing
// else. It has no name and no file, so that it ends with the last program in it whatever becomes of the test.
type namespace struct {
	t    testing.TB
	file *os.File
}

// newNamespace makes one that ends with the test, and skips the test where that is not allowed.
func newNamespace(t testing.TB) *namespace {
	t.Helper()
	n := &namespace{t: t}
	if err := abroad(func() error {
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			n.file, err = os.Open("/proc/thread-self/ns/net")
		}
		return err
	}); err != nil {
		t.Skipf("this test needs root and network namespaces: %v", err)
	}
	t.Cleanup(func() { n.file.Close() })
	n.run("ip", "link", "set", "lo", "up")
	return n
}

// do calls f in the namespace: what f opens stays there.
func (n *namespace) do(f func() error) error {
	return abroad(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter a network namespace: %w", err)
		}
		return f()
	})
}

// abroad calls f, which may move its thread to another network, on a thread that it brings home. A thread that were left
// to die would take along the programs that it has started (see enter).
func abroad(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			done <- err
			return
		}
		defer home.Close()
		err = f()
		if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back == nil {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
}

// enter makes the command run in the namespace, under the same process id, and end with this process.
func (n *namespace) enter(c *exec.Cmd) {
	args := append([]string{"nsenter", fmt.Sprintf("--net=/proc/%d/fd/%d", os.Getpid(), n.file.Fd()), c.Path}, c.Args[1:]...)
	enter := exec.Command(args[0], args[1:]...)
	c.Path, c.Args, c.Err = enter.Path, enter.Args, enter.Err
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

func (n *namespace) run(name string, args ...string) {
	n.t.Helper()
	c := exec.Command(name, args...)
	n.enter(c)
	if out, err := c.CombinedOutput(); err != nil {
		n.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// client speaks HTTP from within the namespace.
func (n *namespace) client() *http.Client {
	var d net.Dialer
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (c net.Conn, err error) {
		err = n.do(func() (err error) { c, err = d.DialContext(ctx, network, address); return err })
		return c, err
	}}
	n.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// tun makes a network device whose packets are read from and written to the file, with an address and the address of the
// only neighbour, and sends through it whatever has no other way.
func (n *namespace) tun(name, address, neighbour string) *os.File {
	n.t.Helper()
	var f *os.File
	err := n.do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(request))); e != 0 {
			unix.Close(fd)
			return e
		}
		f = os.NewFile(uintptr(fd), name)
		return nil
	})
	if err != nil {
		n.t.Skipf("this test needs /dev/net/tun: %v", err)
	}
	// No packet may be lost but by the link's decision: the device's queue holds what comes while this process waits for a core.
	n.run("ip", "link", "set", name, "txqueuelen", "10000", "addrgenmode", "none", "up")
	n.run("ip", "address", "add", address, "peer", neighbour, "dev", name)
	n.run("ip", "route", "append", "default", "dev", name)
	return f
}
