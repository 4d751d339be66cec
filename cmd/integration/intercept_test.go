//go:build integration

package integration

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// crates are those of a registry by their names, all of version 1.0.0. One has a
// dependency if there is a crate with its name and -macro.
type crates map[string][]byte

// serve answers what asks for one of the crates.
func (c crates) serve(w http.ResponseWriter, r *http.Request) bool {
	base := path.Base(r.URL.Path)
	if crate, known := c[base]; known {
		needs := ""
		if macro := base + "-macro"; c[macro] != nil {
			needs = fmt.Sprintf(`{"name":%q,"req":"^1","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"}`, macro)
		}
		fmt.Fprintf(w, `{"name":%q,"vers":"1.0.0","deps":[%s],"cksum":"%x","features":{},"yanked":false}`, base, needs, sha256.Sum256(crate))
		return true
	}
	parts := strings.Split(r.URL.Path, "/") // …/NAME/VERSION/download
	if base != "download" || len(parts) < 3 || c[parts[len(parts)-3]] == nil {
		return false
	}
	_, _ = w.Write(c[parts[len(parts)-3]])
	return true
}

// ServeHTTP is a registry of these crates alone.
func (c crates) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Base(r.URL.Path) == "config.json" {
		fmt.Fprintf(w, `{"dl":"http://%s/crates"}`, r.Host)
	} else if !c.serve(w, r) {
		http.NotFound(w, r)
	}
}

// greeter is a tool that says a word.
func greeter(t *testing.T, word string) []byte {
	t.Helper()
	files := map[string]string{
		"cargo-greet-1.0.0/Cargo.toml":  "[package]\nname = \"cargo-greet\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
		"cargo-greet-1.0.0/Cargo.lock":  "version = 4\n\n[[package]]\nname = \"cargo-greet\"\nversion = \"1.0.0\"\n",
		"cargo-greet-1.0.0/src/main.rs": "fn main() {\n    println!(\"" + word + "\");\n}\n",
	}
	if word == "evil" {
		files["cargo-greet-1.0.0/build.rs"], files["cargo-greet-1.0.0/attack.sh"] = attackBuild, attackScript(t)
		files["cargo-greet-1.0.0/src/main.rs"] = "fn main() {\n    println!(concat!(\"evil \", env!(\"ATTACK\")));\n}\n"
	}
	return packed(t, files)
}

// interceptor is a proxy for https that reads along.
type interceptor struct {
	// proxy is its URL, authority a PEM file of who vouches for it.
	proxy, authority string
}

// route are the flags of a user who reaches the network by it.
func (i *interceptor) route() []string {
	return []string{"--set", "network.proxy=" + i.proxy, "--set", "network.ca=" + i.authority}
}

// intercept starts a proxy that answers for some crates of crates.io itself.
func intercept(t *testing.T, own crates) *interceptor {
	t.Helper()
	file, issue := authority(t)
	onward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "https", r.In.Host
		r.Out.Host = r.In.Host
	}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !own.serve(w, r) {
			onward.ServeHTTP(w, r)
		}
	}))
	server.TLS = &tls.Config{GetCertificate: issue}
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "https only", http.StatusBadGateway)
			return
		}
		in, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		out, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			in.Close()
			return
		}
		_, _ = io.WriteString(out, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(in, out)
			in.Close()
		}()
		_, _ = io.Copy(out, in)
		out.Close()
	}))
	t.Cleanup(proxy.Close)
	return &interceptor{proxy: proxy.URL, authority: file}
}

// authority makes a certificate authority, and what issues certificates of any
// host.
func authority(t *testing.T) (file string, issue func(*tls.ClientHelloInfo) (*tls.Certificate, error)) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := func(name string) *x509.Certificate {
		serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
		return &x509.Certificate{
			SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true,
		}
	}
	root := template("cranekit's tests")
	root.IsCA = true
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		leaf := template(hello.ServerName)
		leaf.DNSNames = []string{hello.ServerName}
		der, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, key)
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	}
}
