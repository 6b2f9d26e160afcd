import { testBeside } from './neighbours/beside.ts'

testBeside(['firewalld', 'ufw', 'libvirt'], 'nftables')
testBeside(['firewalld', 'firewalld with iptables', 'ufw'], 'iptables-nft')
