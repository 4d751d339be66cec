package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"golang.org/x/net/http/httpproxy"

	"github.com/cranekit/cranekit/config"
)

// networkClient reaches the network as the steps in containers do, with the
// authorities that they are given, or those of this machine.
func networkClient(n config.Network, bundle []byte) *http.Client {
	transport := &http.Transport{}
	if n.Proxy != "" {
		choose := (&httpproxy.Config{HTTPProxy: n.Proxy, HTTPSProxy: n.Proxy, NoProxy: n.NoProxy}).ProxyFunc()
		transport.Proxy = func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
	}
	if len(bundle) > 0 {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(bundle)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport}
}

// statusError is an answer that is none.
type statusError struct{ code int }

func (e statusError) Error() string {
	return fmt.Sprintf("answers %d %s", e.code, http.StatusText(e.code))
}

// get fetches a URL. Without strict any answer will do but one of a proxy.
func get(ctx context.Context, client *http.Client, address string, strict bool) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "cranekit doctor")
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if strict && answer.StatusCode != http.StatusOK || answer.StatusCode == http.StatusProxyAuthRequired {
		return nil, statusError{answer.StatusCode}
	}
	return io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
}

// plainError is an error of HTTP without the URL that it repeats.
func plainError(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// maxAnswer bounds what is read of a registry's configuration, in bytes.
const maxAnswer = 1 << 20
