import { testBeside } from './neighbours/beside.ts'

testBeside(['firewalld', 'ufw', 'libvirt'], 'nftables')
testBeside(['firewalld', 'ufw', 'libvirt'], 'iptables-nft')
