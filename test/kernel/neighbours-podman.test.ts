import { testBeside } from './neighbours/beside.ts'

testBeside(['podman with nftables', 'cni'], 'nftables')
testBeside(['podman with iptables'], 'iptables-nft')
