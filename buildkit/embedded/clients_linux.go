package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	// service is what a builder of cranekit serves beside BuildKit.
	service       = "cranekit.Builder"
	clientsMethod = "Clients"
)

// peer is the process at the other end of a connection, 0 if that is not
// known.
func peer(conn net.Conn) int {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return 0
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0
	}
	pid := 0
	_ = raw.Control(func(fd uintptr) {
		if who, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(who.Pid)
		}
	})
	return pid
}

// registerClients lets clients ask who else is there.
func registerClients(server *grpc.Server, g *gate) {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: service,
		Methods: []grpc.MethodDesc{{
			MethodName: clientsMethod,
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				list := &structpb.ListValue{}
				for _, pid := range g.pids() {
					list.Values = append(list.Values, structpb.NewNumberValue(float64(pid)))
				}
				return list, decode(&emptypb.Empty{})
			},
		}},
	}, nil)
}

// clients asks a builder for the processes that use it, this one left out. A
// builder of an older cranekit does not tell.
func clients(ctx context.Context, address string) ([]Client, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	list := &structpb.ListValue{}
	err = conn.Invoke(ctx, "/"+service+"/"+clientsMethod, &emptypb.Empty{}, list)
	if grpcstatus.Code(err) == codes.Unimplemented {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("asking the builder who uses it: %w", err)
	}
	var found []Client
	for _, v := range list.GetValues() {
		if pid := int(v.GetNumberValue()); pid != os.Getpid() {
			found = append(found, describeClient(pid))
		}
	}
	return found, nil
}

// describeClient finds out about a process what the system tells.
func describeClient(pid int) Client {
	c := Client{PID: pid}
	dir := "/proc/" + strconv.Itoa(pid)
	c.Dir, _ = os.Readlink(dir + "/cwd")
	line, _ := os.ReadFile(dir + "/cmdline")
	c.Command = strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
	return c
}

// idle returns a [BusyError] if somebody uses the builder.
func idle(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stopTimeout, errors.New("the builder does not answer"))
	defer cancel()
	// One that hangs may be ended.
	if using, err := clients(ctx, address); err == nil && len(using) > 0 {
		return &BusyError{using}
	}
	return nil
}

// pids are the processes of the clients, each once.
func (g *gate) pids() []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	var pids []int
	for c := range g.guests {
		pids = append(pids, c.pid)
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}
