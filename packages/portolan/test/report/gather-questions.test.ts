import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { type HostFacts, type Packet, prepare } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import { type HostRules, noRules } from '../../src/host-rules/host-rules.ts'
import { gatherQuestions } from '../../src/report/gather-questions.ts'
import { packData, unpackData } from '../../src/report/packed-data.ts'
import type { ReportQuestions } from '../../src/report/questions.ts'
import { planOf } from '../shop.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', up: true, addresses: ['fe80::1/64', '192.0.2.1/24'] },
    { name: 'eth1', up: true, addresses: ['203.0.113.9/29'] },
  ],
  routes: [
    { destination: '192.0.2.0/24', interface: 'eth0' },
    { destination: '203.0.113.8/29', interface: 'eth1' },
    { destination: 'default', gateway: '203.0.113.10', interface: 'eth1' },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1' },
  machineId: '0123456789abcdef0123456789abcdef',
  nameservers: ['10.42.0.53'],
}
const saved = `*filter
:FORWARD DROP [0:0]
:LAN - [0:0]
-A FORWARD -i eth0 -j LAN
-A LAN -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
`
const rules: HostRules = { ...noRules, 'iptables-nft': iptables.parse(saved, 'rules', 'ip') }
const plan = planOf({ facts, rules })
const questions = gatherQuestions(plan, rules)
const packet: Packet = {
  family: 'ip',
  ...{ in: 'eth0', source: '192.0.2.2', sourcePort: 40000, protocol: 'tcp' },
  ...{ destination: '192.0.2.1', destinationPort: 8080 },
}

const answers = ({ situations, endpoints }: ReportQuestions): readonly unknown[] =>
  situations.map(({ facts: known, rulesets }) => prepare(known, rulesets, { endpoints }).evaluate(packet))

describe('what a page is given', () => {
  test('is the host as the plan leaves it, and as it is', () => {
    expect(questions.situations.map(({ key }) => key)).toEqual(['planned', 'present'])
    expect(answers(questions)).toMatchObject([{ outcome: 'dropped' }, { outcome: 'local' }])
  })

  test('gives the same answers once it has been through the page', () => {
    const carried = unpackData(fromJson(JSON.stringify(packData(questions)))) as ReportQuestions
    expect(answers(carried)).toEqual(answers(questions))
    expect(JSON.stringify(answers(carried))).toContain('-A FORWARD -i eth0 -j LAN')
  })

  test('names machines by the address that one behind each interface may have, the host, and containers', () => {
    expect(questions.senders).toEqual([
      { kind: 'machine', label: 'Another machine, by eth0', ip: '192.0.2.2', ip6: null, in: 'eth0' },
      { kind: 'machine', label: 'Another machine, by eth1', ip: '198.51.100.7', ip6: null, in: 'eth1' },
      { kind: 'host', label: 'A process on the host', ip: null, ip6: null, in: null },
      {
        ...{ kind: 'container', label: 'Container nginx on network web' },
        ...{ ip: '172.17.0.1', ip6: null, in: plan.desired.networks[0]?.bridge },
      },
    ])
  })

  test('says of a mapping of every address which one to call', () => {
    expect(questions.destinations).toEqual([
      {
        label: '0.0.0.0:8080/tcp -> nginx:80',
        family: 'ip',
        address: '192.0.2.1',
        port: 8080,
        protocol: 'tcp',
      },
    ])
  })

  test('has nothing of the host that no packet meets', () => {
    expect(JSON.stringify(packData(questions))).not.toMatch(/0123456789abcdef|10\.42\.0\.53/)
  })
})
