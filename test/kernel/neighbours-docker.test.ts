import { testBeside } from './neighbours/beside.ts'

testBeside(['docker'], 'nftables')
testBeside(['docker'], 'iptables-nft')
testBeside(['docker with iptables-legacy'], 'iptables-legacy')
