//go:build !linux

package api

func asServer() {}
