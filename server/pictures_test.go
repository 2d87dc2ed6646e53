package server

import (
	"strings"
	"testing"
)

func TestWherePicturesAreKeptIsChecked(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		says string
	}{
		{Config{}, ""},
		{Config{Pictures: "s3://shop/pictures?endpoint=https://s3.example.com", S3Key: "k", S3Secret: "s"}, ""},
		{Config{Pictures: "s3://shop", S3Key: "k"}, "needs a key and a secret"},
		{Config{Pictures: "/var/pictures", S3Key: "k", S3Secret: "very secret"}, "s3://BUCKET"},
	} {
		err := c.cfg.Validate()
		if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "very secret")) {
			t.Errorf("%+v: %v", c.cfg.Pictures, err)
		}
	}
}
