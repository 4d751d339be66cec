package cache

import (
	"errors"
	"testing"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	c := newState(Cache{Type: "gha", Attrs: map[string]string{"url": "http://runner.example/secret/", "token": "a.b.c"}})
	const digest = "sha256:0f5315cf04d6a800c6dd5c648a19261794861349f663d92f35324cc99dac2383"
	for _, id := range []string{"1J5VBEQ0", "F4296BH5"} {
		for _, message := range []string{
			"operation error S3: GetObject, https response error StatusCode: 403, RequestID: " + id + ", HostID: x/" + id + "=, api error Forbidden: Forbidden",
			"operation error S3: GetObject, attempts, 3, https response error StatusCode: 0, RequestID: , HostID: , request send failed, Get \"http://s3/b/m/fmt-" + id + "?x-id=GetObject\": refused",
			"failed to solve: writing layer " + digest + ": a.b.c",
			"get properties: GET http://az/c\n--------------------\nRESPONSE 403: 403 No.\nERROR CODE: AuthorizationFailure\n--------------------\n<Error>\n" + id + "\n</Error>\n",
			"Get \"http://runner.example/secret/_apis?keys=" + id + "&sig=s\": refused",
		} {
			c.problem("fmt-"+id, errors.New(message))
		}
	}
	want := []string{
		"operation error S3: GetObject, status 403, api error Forbidden: Forbidden",
		`operation error S3: GetObject, attempts, 3, request send failed, Get "http://s3/b/m/…": refused`,
		"writing layer …: …",
		"get properties: GET http://az/c: 403 No. (AuthorizationFailure)",
		`Get "http://runner.example/_apis": refused`,
	}
	for i, got := range c.fact.Problems {
		if i >= len(want) || got != want[i] {
			t.Errorf("problem %d: %q", i, got)
		}
	}
	if len(c.fact.Problems) != len(want) {
		t.Errorf("%d problems, want %d", len(c.fact.Problems), len(want))
	}
}
