package engine

import (
	"bytes"
	"strings"
	"testing"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	var to bytes.Buffer
	o := &output{to: &to}
	for _, part := range []string{"", "\x00\x00\x06\x04", "text"} {
		if _, err := o.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if to.String() != "\x00\x00\x06\x04text" {
		t.Errorf("got %q", to.String())
	}
	_, err := (&output{to: &to}).Write([]byte("OCI runtime exec failed: no buildctl\r\n"))
	if err == nil || !strings.HasSuffix(err.Error(), ": OCI runtime exec failed: no buildctl") {
		t.Errorf("error %v", err)
	}
}
