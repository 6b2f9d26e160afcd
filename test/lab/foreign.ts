import type { Machine } from './machine.ts'

/**
 * Foreign rules, as small as possible but in their real shape: Docker's chains and jumps in iptables, ufw's before and
 * user chains, firewalld's zones in a table of its own. They accept the packets that the tests need. The conflict
 * suites test rules that do not.
 */
const docker = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.29.0.0/16 ! -o docker9 -j MASQUERADE
-A DOCKER ! -i docker9 -p tcp -m tcp --dport 9443 -j DNAT --to-destination 172.29.0.2:443
COMMIT
*filter
:FORWARD ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker9 -j DOCKER
-A DOCKER-USER -j RETURN
-A DOCKER -d 172.29.0.2/32 ! -i docker9 -o docker9 -p tcp -m tcp --dport 443 -j ACCEPT
COMMIT
`

const ufw = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
:ufw-before-forward - [0:0]
-A INPUT -j ufw-before-input
-A FORWARD -j ufw-before-forward
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -j ufw-user-input
-A ufw-user-input -p tcp -m tcp --dport 22 -m comment --comment "'OpenSSH'" -j ACCEPT
-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 2222 -j MARK --set-xmark 0x1/0xffffffff
COMMIT
`

const firewalld = `
table inet firewalld {
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    iifname "docker9" jump filter_FWD_docker
  }
  chain filter_FWD_docker {
    counter accept
  }
  map zones {
    type ifname : verdict
    elements = { "eth9" : jump filter_FWD_docker }
  }
  chain nat_PREROUTING {
    type nat hook prerouting priority dstnat + 10; policy accept;
    tcp dport 9080 dnat ip to 172.29.0.9:80
  }
}
table ip6 other {
  set blocked {
    type ipv6_addr
    flags interval
    elements = { 2001:db8:dead::/48 }
  }
}
`

/** Fills a host with the rules of three other tools, in all three backends, and with a foreign bridge. */
export const addForeignRules = async (host: Machine): Promise<void> => {
  await host.ip('link add docker9 type bridge', 'link set docker9 up', 'addr add 172.29.0.1/16 dev docker9')
  await host.mustRun(['nft', '-f', '-'], { input: firewalld })
  await host.mustRun(['iptables-nft-restore', '--noflush'], { input: docker })
  await host.mustRun(['ip6tables-nft-restore', '--noflush'], {
    input: '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n',
  })
  await host.mustRun(['iptables-legacy-restore', '--noflush'], { input: ufw })
}
