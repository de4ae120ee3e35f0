module crowd

go 1.26.0

require (
	chatrig v0.0.0
	workervoice v0.0.0
)

require (
	github.com/boombuler/barcode v1.1.0 // indirect
	github.com/pquerna/otp v1.5.0 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sync v0.24.0 // indirect
)

replace (
	chatrig => ../../../shared/rig
	workervoice => ../..
)
