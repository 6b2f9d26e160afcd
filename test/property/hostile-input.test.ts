// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { describe, expect, test } from '@jest/globals'
import {
  type EngineParser,
  type Intent,
  parseCniNetwork,
  parseConfig,
  parseContainersConf,
  parseDockerDaemon,
  parseDockerStore,
  parseDockerUnit,
  parseDotenv,
  parseLibvirtNetwork,
  parseNetavarkNetwork,
  parseNetplan,
  parseNetworkdNetwork,
  parsePortMapping,
  readCompose,
} from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { PortolanError, parseHostFacts, readPacket } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { plan } from 'portolan'
import { mutatedText } from './arbitrary/mutated-text.ts'
import { runs } from './support/runs.ts'

const compose = [
  `name: shop
x-base: &base {ports: ["8080:80"], networks: [front]}
services:
  web: {<<: *base, ports: ["127.0.0.1:\${PORT:-8080}:80/tcp", {target: 443, published: "8443", x-portolan: {allow_from: [10.0.0.0/8]}}]}
  api: {extends: web, scale: 2, ports: !reset []}
networks:
  front: {ipam: {config: [{subnet: 172.30.0.0/24, gateway: 172.30.0.1}]}, driver_opts: {com.docker.network.bridge.name: br0}}
`,
  'services: {web: {ports: ["80:80"]}}',
]
const facts = [
  '{"interfaces": [{"name": "eth0", "index": 2, "up": true, "addresses": ["192.0.2.2/24"]}], "routes": [{"destination": "10.8.0.0/24", "interface": "wg0", "table": 51820}], "sysctls": {"net.ipv4.ip_forward": "1"}, "nameservers": ["172.16.0.23"]}',
]
const saved = [
  '# Generated\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [12:345]\n:DOCKER - [0:0]\n-A FORWARD -i eth0 -p tcp -m multiport --dports 80,443:445 -m comment --comment "a \\"b\\"" -j ACCEPT\n[1:2] -A FORWARD ! -s 10.0.0.0/8 -j DOCKER\nCOMMIT\n',
  '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n-A PREROUTING -m u32 --u32 "0>>22&0x3C@12=0x1" -j RETURN\nCOMMIT\n',
]
const listed = [
  '{"nftables": [{"metainfo": {"version": "1.1.3"}}, {"table": {"family": "inet", "name": "t", "handle": 1}}, {"chain": {"family": "inet", "table": "t", "name": "f", "handle": 2, "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}}, {"set": {"family": "inet", "table": "t", "name": "s", "type": "ipv4_addr", "flags": ["interval"], "elem": [{"prefix": {"addr": "10.0.0.0", "len": 8}}]}}, {"rule": {"family": "inet", "table": "t", "chain": "f", "handle": 3, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": [22, {"range": [80, 90]}]}}}, {"counter": {"packets": 1, "bytes": 2}}, {"accept": null}]}}]}',
]

const engines: readonly (readonly [string, EngineParser, string])[] = [
  [
    'daemon.json',
    parseDockerDaemon,
    '{"bip": "172.26.0.1/16", "default-address-pools": [{"base": "172.30.0.0/16", "size": 24}]}',
  ],
  [
    'a CNI list',
    parseCniNetwork,
    '{"name": "a", "plugins": [{"type": "bridge", "ipam": {"ranges": [[{"subnet": "10.22.0.0/16"}]]}}]}',
  ],
  ["netavark's network", parseNetavarkNetwork, '{"name": "web", "subnets": [{"subnet": "10.89.0.0/24"}]}'],
  [
    "libvirt's network",
    parseLibvirtNetwork,
    '<network><name>a</name><ip address="192.168.122.1" netmask="255.255.255.0"/></network>',
  ],
  ["netplan's file", parseNetplan, 'network: {version: 2, bridges: {br0: {addresses: [10.5.0.1/24]}}}'],
  [
    "Docker's unit",
    parseDockerUnit,
    '[Service]\nExecStart=/usr/sbin/dockerd --bip=172.26.0.1/16 --default-address-pool base=172.30.0.0/16,size=24',
  ],
  ['containers.conf', parseContainersConf, '[network]\ndefault_subnet = "10.88.0.0/16"'],
  [
    "a network of Docker's database",
    (text, file) => parseDockerStore([{ key: 'docker/network/v1.0/network/a/', text }], file),
    '{"name": "web", "networkType": "bridge", "ipamV4Info": [{"IPAMData": {"Pool": "172.18.0.0/16", "Gateway": "172.18.0.1/16"}}], "generic": {"com.docker.network.generic": {"com.docker.network.bridge.name": "br-web"}}}',
  ],
  ["systemd's network", parseNetworkdNetwork, '[Match]\nName=a\n[Network]\nAddress=10.1.0.1/24\n'],
]

/** The readers of each kind of text, up to the printed result. */
const readers: readonly (readonly [string, readonly string[], (text: string) => unknown])[] = [
  ['a Compose file', compose, (text) => readCompose(text, { source: 'c.yaml', dotenv: { PORT: '9090' } })],
  ['.env', ['A=1\nB="x${A}"\nexport C=\'$A\'\nD: ${NONE:-${A}}\n# end\n'], (text) => parseDotenv(text)],
  ['host facts', facts, (text) => parseHostFacts(text, 'host.json')],
  [
    'config.yaml',
    ['pools: [10.64.0.0/12:24, classic]\nreserved:\n  - 10.64.0.0/16\nallowed: [100.64.0.0/10]\n'],
    (text) => parseConfig(text, 'config.yaml'),
  ],
  [
    'iptables-save',
    saved,
    (text) => {
      const ruleset = iptables.parse(text, 'saved', 'ip')
      return [iptables.lower(ruleset), iptables.print(ruleset, 'iptables-save')]
    },
  ],
  [
    "nft's JSON",
    listed,
    (text) => {
      const ruleset = nftables.parse(text, 'listed')
      return [nftables.lower(ruleset), nftables.print(ruleset, 'nft-json')]
    },
  ],
  [
    'a packet',
    [
      '{"in": "eth0", "source": "198.51.100.7", "destination": "192.0.2.2", "destinationPort": 8080, "protocol": "tcp"}',
    ],
    (text) => readPacket(text),
  ],
  ['a port mapping', ['127.0.0.1:8000-8009:80/tcp', '[::1]:80:80'], (text) => parsePortMapping(text)],
]

const refusalOf = (read: () => unknown): unknown => {
  try {
    read()
    return null
  } catch (error) {
    return error
  }
}

describe('whatever is done to a text, reading it ends in a value or in an error of ours', () => {
  test.each(readers)('%s', (_, texts, read) => {
    for (const text of texts) read(text)
    fc.assert(
      fc.property(mutatedText(texts), (text) => {
        const refusal = refusalOf(() => read(text))
        if (refusal !== null && !(refusal instanceof PortolanError)) throw refusal
        if (refusal instanceof PortolanError) expect(refusal.message.length).toBeLessThan(3000)
      }),
      runs(150),
    )
  })

  test.each(engines)('%s, which never ends a plan', (_, parse, text) => {
    expect(parse(text, 'file').networks).toHaveLength(1)
    fc.assert(
      fc.property(mutatedText([text]), (mutated) => {
        for (const complaint of parse(mutated, 'file').complaints) expect(complaint).toMatch(/^file/)
      }),
      runs(150),
    )
  })

  test('a Compose file, on the host that mutated facts describe, to the end of the plan', async () => {
    await fc.assert(
      fc.asyncProperty(mutatedText(compose), mutatedText(facts), async (text, host) => {
        const made: { intent?: Intent; facts?: ReturnType<typeof parseHostFacts> } = {}
        const refusal = refusalOf(() => {
          made.intent = readCompose(text, { source: 'c.yaml' })
          made.facts = parseHostFacts(host, 'host.json')
        })
        const { intent, facts: read } = made
        if (refusal !== null || intent === undefined || read === undefined) return
        try {
          String(await plan(intent, { facts: read, rules: null, backend: 'nftables' }))
        } catch (error) {
          if (!(error instanceof PortolanError)) throw error
        }
      }),
      runs(60),
    )
  })
})
