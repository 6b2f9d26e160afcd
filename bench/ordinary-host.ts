import { parse } from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import { type HostRules, noRules } from 'portolan'

/** The facts of a host with an uplink, a second interface, and a Docker that publishes one port. */
export const ordinaryFacts: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24'] },
    { name: 'eth1', up: true, addresses: ['10.0.0.2/16'] },
    { name: 'docker0', up: true, kind: 'bridge', addresses: ['172.29.0.1/16'] },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': '1' },
}

/** The rules as Docker 29 writes them. */
const saved = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -d 172.29.0.2/32 ! -i docker0 -j DROP
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-BRIDGE - [0:0]
:DOCKER-CT - [0:0]
:DOCKER-FORWARD - [0:0]
:DOCKER-INTERNAL - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER -d 172.29.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 443 -j ACCEPT
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER-BRIDGE -o docker0 -j DOCKER
-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-CT
-A DOCKER-FORWARD -j DOCKER-INTERNAL
-A DOCKER-FORWARD -j DOCKER-BRIDGE
-A DOCKER-FORWARD -i docker0 -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -o docker0 -m addrtype --src-type LOCAL -j MASQUERADE
-A POSTROUTING -s 172.29.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -p tcp -m tcp --dport 9443 -j DNAT --to-destination 172.29.0.2:443
COMMIT
`

export const ordinaryRules = (): HostRules => ({ ...noRules, 'iptables-nft': parse(saved) })
