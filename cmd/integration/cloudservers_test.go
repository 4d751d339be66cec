//go:build integration && clouds

package integration

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	cloudUser   = "cranekit"
	cloudSecret = "correct-horse-battery-staple"
)

// service starts a server of those that .ci/clouds installs. Its output goes to
// a pipe, which somebody has to read.
func service(t *testing.T, env []string, name string, args ...string) (stdout io.Reader, stop func()) {
	t.Helper()
	binary, err := filepath.Abs(filepath.Join("../../.cache/clouds", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v (make test-clouds installs it)", err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = t.TempDir()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	return out, stop
}

// serveS3 starts Versity's gateway on a directory, with one bucket.
func serveS3(t *testing.T) *cloud {
	root, address := t.TempDir(), "127.0.0.1:"+freePort(t)
	if err := os.Mkdir(filepath.Join(root, "builds"), 0o755); err != nil {
		t.Fatal(err)
	}
	out, stop := service(t, []string{"ROOT_ACCESS_KEY_ID=" + cloudUser, "ROOT_SECRET_ACCESS_KEY=" + cloudSecret},
		"versitygw", "--port", address, "posix", root)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	listening(t, "tcp", address, 30*time.Second)
	env := []string{"AWS_ACCESS_KEY_ID=" + cloudUser, "AWS_SECRET_ACCESS_KEY=" + cloudSecret, "AWS_REGION=us-east-1"}
	return &cloud{
		cache: "type=s3,bucket=builds,prefix=app/,name=ci-{branch},use_path_style=true,endpoint_url=http://" + address,
		main:  env, topic: env, wrong: []string{"AWS_SECRET_ACCESS_KEY=wrong"},
		secrets: []string{cloudSecret}, stop: stop,
	}
}

// azurite starts Microsoft's own emulator of Azure's storage.
func azurite(t *testing.T) (url, key string, stop func()) {
	t.Helper()
	port, key := freePort(t), base64.StdEncoding.EncodeToString([]byte(cloudSecret))
	out, stop := service(t, []string{"AZURITE_ACCOUNTS=" + cloudUser + ":" + key}, "node_modules/.bin/azurite-blob",
		"--blobHost", "127.0.0.1", "--blobPort", port, "--location", t.TempDir(), "--disableTelemetry", "--silent")
	go func() { _, _ = io.Copy(io.Discard, out) }()
	listening(t, "tcp", "127.0.0.1:"+port, 30*time.Second)
	return "http://127.0.0.1:" + port + "/" + cloudUser, key, stop
}

func serveAzblob(t *testing.T) *cloud {
	url, key, stop := azurite(t)
	const variable = "BUILDKIT_AZURE_STORAGE_SECRET_ACCESS_KEY="
	env := []string{variable + key}
	return &cloud{
		cache: "type=azblob,account_name=" + cloudUser + ",name=ci-{branch},account_url=" + url,
		main:  env, topic: env, wrong: []string{variable + base64.StdEncoding.EncodeToString([]byte("wrong"))},
		secrets: []string{cloudSecret, key}, stop: stop,
	}
}

// serveActions starts act's server of the first version of the protocol.
func serveActions(t *testing.T) *cloud {
	out, stop := service(t, nil, "act-cache", t.TempDir())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(line)
	at := strings.LastIndexByte(url, '/')
	c := &cloud{
		cache: "type=gha,scope=ci-{branch}",
		main:  []string{"ACTIONS_CACHE_URL=" + url, "ACTIONS_CACHE_SERVICE_V2=", "ACTIONS_RUNTIME_TOKEN=" + actionsToken(t, "refs/heads/main")},
		topic: []string{"ACTIONS_CACHE_URL=" + url, "ACTIONS_CACHE_SERVICE_V2=", "ACTIONS_RUNTIME_TOKEN=" + actionsToken(t, "refs/pull/1/merge", "refs/heads/main")},
		// The token is nothing to it, the address is.
		wrong: []string{"ACTIONS_CACHE_URL=" + url[:at] + "/wrong"}, stop: stop,
	}
	c.secrets = []string{url[at+1:]}
	for _, env := range [][]string{c.main, c.topic} {
		_, token, _ := strings.Cut(env[2], "=")
		c.secrets = append(c.secrets, token)
	}
	return c
}

// actionsToken is the token of a job, as GitHub makes them: the job may write
// under the first ref and read under all.
func actionsToken(t *testing.T, refs ...string) string {
	t.Helper()
	access := make([]map[string]any, len(refs))
	for i, ref := range refs {
		access[i] = map[string]any{"Scope": ref, "Permission": 1}
	}
	access[0]["Permission"] = 3
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	ac, err := json.Marshal(access)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	return fmt.Sprintf("%s.%s.%s", part(map[string]string{"alg": "none"}),
		part(map[string]any{"ac": string(ac), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix()}),
		base64.RawURLEncoding.EncodeToString([]byte(cloudSecret)))
}
