import { writeFileSync } from 'node:fs'
import { describeContract } from './contract/describe-contract.ts'
import { networks } from './contract/scenario.ts'
import { openServices, plugIn } from './contract/set-up.ts'

const q = (xs: string[]) => xs.join(', ')
const dnat = (f: '4' | '6') => {
  const n = f === '4' ? '172.30.1.10' : 'fd00:30:1::10',
    s = f === '4' ? '172.30.1.11' : 'fd00:30:1::11'
  const two = f === '4' ? '192.0.2.3' : '2001:db8:1::3'
  const a = f === '4' ? (x: string) => x : (x: string) => `${x}`
  const w: string[] = [],
    h: string[] = []
  const add = (proto: string, p: number, to: string, tp: number) => w.push(`${proto} . ${p} : ${to} . ${tp}`)
  for (const p of ['tcp', 'udp', 'sctp']) add(p, 8080, n, 80)
  for (const p of ['tcp', 'udp']) {
    for (let i = 0; i < 4; i++) add(p, 5000 + i, n, 5000 + i)
    add(p, 8092, n, 92)
    add(p, 8083, n, 80)
    add(p, 8500, f === '4' ? '172.30.3.10' : 'fd00:30:3::10', 80)
  }
  for (let i = 0; i < 4; i++) {
    add('tcp', 8000 + i, n, 84 + i)
    add('tcp', 8100 + i, n, 80)
  }
  add('tcp', 8084, n, 80)
  add('tcp', 8086, n, 80)
  add('tcp', 8089, n, 80)
  add('tcp', 8091, n, 91)
  add('tcp', 8085, s, 80)
  add('tcp', 8300, f === '4' ? '172.30.7.10' : 'fd00:30:7::10', 80)
  add('tcp', 8400, f === '4' ? '172.30.8.10' : 'fd00:30:8::10', 80)
  for (const p of ['tcp', 'udp']) h.push(`${two} . ${p} . 8081 : ${n} . 80`)
  h.push(`${two} . tcp . 8085 : ${n} . 80`, `${two} . tcp . 8086 : ${s} . 80`)
  if (f === '4') h.push(`127.0.0.1 . tcp . 8082 : ${n} . 80`, `127.0.0.1 . udp . 8082 : ${n} . 80`)
  return { w, h }
}
const four = dnat('4'),
  six = dnat('6')
const br = Object.keys(networks).map((n) => `pt-${n}`)
const lookup = `
    fib daddr type local ip protocol { tcp, udp, sctp } dnat ip to ip daddr . ip protocol . th dport map @h4
    fib daddr type local ip protocol { tcp, udp, sctp } dnat ip to ip protocol . th dport map @w4
    fib daddr type local ip6 daddr != ::1 ip6 saddr != fe80::/10 meta l4proto { tcp, udp, sctp } dnat ip6 to ip6 daddr . meta l4proto . th dport map @h6
    fib daddr type local ip6 daddr != ::1 ip6 saddr != fe80::/10 meta l4proto { tcp, udp, sctp } dnat ip6 to meta l4proto . th dport map @w6
    ip protocol tcp fib daddr type local tcp dport 8088 dnat ip to numgen random mod 4 map { 0 : 172.30.1.10 . 80, 1-3 : 172.30.1.11 . 80 }
    meta nfproto ipv6 fib daddr type local ip6 daddr != ::1 tcp dport 8088 dnat ip6 to numgen random mod 4 map { 0 : fd00:30:1::10 . 80, 1-3 : fd00:30:1::11 . 80 }`
const rules = `
table inet hand {
  set ours { type ifname; elements = { ${q(br.map((b) => `"${b}"`))} } }
  map w4 { type inet_proto . inet_service : ipv4_addr . inet_service; elements = { ${q(four.w)} } }
  map h4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; elements = { ${q(four.h)} } }
  map w6 { type inet_proto . inet_service : ipv6_addr . inet_service; elements = { ${q(six.w)} } }
  map h6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; elements = { ${q(six.h)} } }
  chain early { type filter hook prerouting priority -150
    iifname @ours ip daddr 127.0.0.0/8 drop
    iifname @ours ip saddr 127.0.0.0/8 drop
    iifname "lo" return
    iifname @ours return
    ct direction original fib daddr type local jump restricted
  }
  chain restricted {
    ip daddr 192.0.2.3 tcp dport 8085 ip saddr != 198.51.100.0/24 drop
    ip6 daddr 2001:db8:1::3 tcp dport 8085 ip6 saddr != 2001:db8:2::/64 drop
    meta l4proto { tcp, udp } th dport 8083 ip saddr != 192.0.2.9 drop
    meta l4proto { tcp, udp } th dport 8083 ip6 saddr != 2001:db8:1::9 drop
    tcp dport 8084 ip saddr != 192.0.2.9 drop
    tcp dport 8084 meta nfproto ipv6 drop
    tcp dport 8089 ip saddr != 192.0.2.9 drop
    tcp dport 8089 ip6 saddr != 2001:db8:1::9 drop
    tcp dport 8086 ip daddr != 192.0.2.3 ip saddr != 192.0.2.9 drop
    tcp dport 8086 ip6 daddr != 2001:db8:1::3 ip6 saddr != 2001:db8:1::9 drop
  }
  chain lookup { ${lookup}
  }
  chain pre { type nat hook prerouting priority -105
    tcp dport 8087 iifname "eth0" fib daddr type local dnat ip to 172.30.1.10:80
    tcp dport 8087 iifname "eth0" fib daddr type local ip6 saddr != fe80::/10 dnat ip6 to [fd00:30:1::10]:80
    tcp dport 8087 iifname @ours fib daddr type local dnat ip to 172.30.1.10:80
    tcp dport 8087 iifname @ours fib daddr type local dnat ip6 to [fd00:30:1::10]:80
    jump lookup
  }
  chain out { type nat hook output priority -105
    tcp dport 8087 fib daddr type local dnat ip to 172.30.1.10:80
    tcp dport 8087 fib daddr type local ip6 daddr != ::1 dnat ip6 to [fd00:30:1::10]:80
    jump lookup
  }
  chain forward { type filter hook forward priority 0
    iifname { "pt-inner", "pt-island" } oifname != @ours drop
    oifname @ours jump into
  }
  chain into {
    ip saddr 127.0.0.0/8 drop
    ct original ip daddr 127.0.0.0/8 drop
    oifname { "pt-inner", "pt-island" } iifname != @ours drop
    ct state established,related accept
    ct status dnat accept
    oifname "pt-quiet" iifname "pt-quiet" drop
    ${br.map((b) => `oifname "${b}" iifname "${b}" accept`).join('\n    ')}
    ip daddr 172.30.6.10 meta l4proto { tcp, udp, sctp } th dport 80 accept
    ip6 daddr fd00:30:6::10 meta l4proto { tcp, udp, sctp } th dport 80 accept
    ip daddr 172.30.6.10 tcp dport 84 accept
    ip6 daddr fd00:30:6::10 tcp dport 84 accept
    ip daddr 172.30.6.11 tcp dport 85 ip saddr 198.51.100.0/24 accept
    ip6 daddr fd00:30:6::11 tcp dport 85 ip6 saddr 2001:db8:2::/64 accept
    ip daddr 172.30.6.11 tcp dport 85 iifname @ours accept
    ip6 daddr fd00:30:6::11 tcp dport 85 iifname @ours accept
    oifname "pt-direct" iifname != @ours icmp type echo-request accept
    oifname "pt-direct" iifname != @ours icmpv6 type echo-request accept
    oifname "pt-open" accept
    drop
  }
  chain post { type nat hook postrouting priority 95
    ${Object.entries(networks)
      .map(
        ([n, i]) => `oifname "pt-${n}" ct status dnat ip saddr 172.30.${i}.0/24 snat ip to 172.30.${i}.1
    oifname "pt-${n}" ct status dnat ip6 saddr fd00:30:${i}::/64 snat ip6 to fd00:30:${i}::1
    oifname "pt-${n}" ip saddr 127.0.0.0/8 snat ip to 172.30.${i}.1`,
      )
      .join('\n    ')}
    ${Object.entries(networks)
      .filter(([n]) => !['plain', 'direct'].includes(n))
      .map(
        ([, i]) => `oifname != @ours ip saddr 172.30.${i}.0/24 masquerade
    oifname != @ours ip6 saddr fd00:30:${i}::/64 masquerade`,
      )
      .join('\n    ')}
  }
}
`
if (process.env.HAND_PRINT) writeFileSync('/tmp/hand.nft', rules)
describeContract('nftables', async (lab) => {
  await lab.host.setSysctl('net.ipv4.ip_forward', 1)
  await lab.host.setSysctl('net.ipv6.conf.all.forwarding', 1)
  for (const [n, i] of Object.entries(networks)) {
    await lab.host.ip(
      `link add pt-${n} type bridge`,
      `link set pt-${n} up`,
      ...(n === 'island'
        ? []
        : [`addr add 172.30.${i}.1/24 dev pt-${n}`, `addr add fd00:30:${i}::1/64 dev pt-${n} nodad`]),
    )
    await lab.host.setSysctl(`net.ipv4.conf.pt-${n}.route_localnet`, 1)
  }
  await lab.host.ip('link set pt-quiet type bridge nf_call_iptables 1 nf_call_ip6tables 1')
  await lab.host.mustRun(['nft', '-f', '-'], {
    input: rules
      .split('\n')
      .filter((_, i) => String(i) !== process.env.HAND_DROP)
      .join('\n'),
  })
  await plugIn(lab)
  for (const c of lab.containers.values())
    await lab.host.ip(`link set ${c.port} type bridge_slave hairpin on`)
  await openServices(lab)
})
