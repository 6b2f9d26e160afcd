import { testBeside } from './neighbours/beside.ts'

testBeside(['firewalld', 'ufw', 'libvirt'], 'nftables')
testBeside(['firewalld', 'ufw'], 'iptables-nft')
