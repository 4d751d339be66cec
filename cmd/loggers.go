package cmd

import (
	"io"
	"log"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc/grpclog"
)

// silence keeps what libraries log off the terminal: it is of no use here, and
// what matters of it comes back as an error too.
func silence() { foreignLogs(io.Discard) }

// foreignLogs is where the loggers of all libraries write to: BuildKit's and
// containerd's, that of the standard library and that of gRPC.
func foreignLogs(w io.Writer) {
	logrus.SetOutput(w)
	log.SetOutput(w)
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, w, w))
}
