import { describe, expect, test } from '@jest/globals'
import { findConflicts } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { lowerRules, noRules } from 'portolan'
import { carriedOut } from '../../../packages/portolan/src/plan/carried-out.ts'
import { expectTrue } from './expect-true.ts'
import { hostFacts, look, lookAt, type Scene, type Seen, tell } from './look.ts'
import { closed, filter, mangle, nat, raw } from './saved.ts'

const tools = ['iptables-nft', 'iptables-legacy'] as const
type Tool = (typeof tools)[number]

const lookWith = (tool: Tool, saved: string, scene: Scene = {}): Promise<Seen> =>
  look({ ...scene, ...(tool === 'iptables-nft' ? { saved } : { legacy: saved }) })

/** The conflicts of the mapping. Another test covers those of the network. */
const ofMapping = ({ conflicts }: Seen): readonly string[] =>
  conflicts.filter(({ mapping }) => mapping !== null).map((one) => tell(one).replace(' 0.0.0.0:8080/tcp', ''))

const dualIntent = `
name: shop
networks:
  web:
    enable_ipv6: true
    ipam:
      {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}, {subnet: "fd00:30:1::/64", gateway: "fd00:30:1::1"}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
services:
  nginx:
    networks: {web: {ipv4_address: 172.30.1.10, ipv6_address: "fd00:30:1::10"}}
    ports: ["8080:80"]
`

const there = '-o pt-web -d 172.30.1.10 -p tcp --dport 80 -j ACCEPT'
const back = '-i pt-web -s 172.30.1.10 -p tcp --sport 80 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
const incoming = '-p tcp --dport 8080 -m addrtype --dst-type LOCAL -j ACCEPT'

/**
 * A case: its name, the foreign rules, the conflicts without the tool's name, and the commands of the first remedy
 * without the program's name.
 */
type Case = readonly [name: string, saved: string, told: readonly string[], commands: readonly string[]]

const cases: readonly Case[] = [
  [
    'a policy that drops',
    closed(),
    ['error ForwardDropped by filter FORWARD policy'],
    [`-t filter -A FORWARD ${there}`, `-t filter -A FORWARD ${back}`],
  ],
  [
    'a rule that drops what is for the container',
    filter('-A FORWARD -i lo -j ACCEPT', '-A FORWARD -d 172.30.1.10/32 -j DROP'),
    ['error ForwardDropped by filter FORWARD 2'],
    [`-t filter -I FORWARD 2 ${there}`, `-t filter -I FORWARD 2 ${back}`],
  ],
  [
    'a chain with a name that a shell would read',
    filter(...['-N my$chain', '-A FORWARD -j my$chain', '-A my$chain -o pt-web -j DROP']).replace(
      '-N my$chain',
      ':my$chain - [0:0]',
    ),
    ['error ForwardDropped by filter my$chain 1'],
    [`-t filter -I 'my$chain' 1 ${there}`, `-t filter -I 'my$chain' 1 ${back}`],
  ],
  [
    'two rules in a row, of which each would do',
    filter(
      '-A FORWARD -o pt-web -p tcp -m tcp --dport 80 -j DROP',
      '-A FORWARD -d 172.30.1.0/24 -j REJECT --reject-with icmp-port-unreachable',
    ),
    ['error ForwardDropped by filter FORWARD 1', 'error ForwardDropped by filter FORWARD 2'],
    [`-t filter -I FORWARD 1 ${there}`, `-t filter -I FORWARD 1 ${back}`],
  ],
  [
    'two rules, of which each takes half of the world',
    filter('-A FORWARD -s 0.0.0.0/1 -o pt-web -j DROP', '-A FORWARD -s 128.0.0.0/1 -o pt-web -j DROP'),
    ['error ForwardDropped by filter FORWARD 2', 'error ForwardDropped by filter FORWARD 1'],
    // The rule matches on the source, so it is an administrator's decision and has no remedy.
    [],
  ],
  [
    'half of the world only',
    filter('-A FORWARD -i eth0 -s 128.0.0.0/1 -o pt-web -j DROP'),
    ['warning ForwardDropped by filter FORWARD 1'],
    // The rule matches on the source, so it is an administrator's decision and has no remedy.
    [],
  ],
  [
    'a drop before routing',
    mangle('-A PREROUTING -p tcp -m tcp --dport 8080 -j DROP'),
    // Of the host's own packets, only those of programs that bind this very port match.
    ['error PreroutingDropped by mangle PREROUTING 1', 'info ReplyDropped by mangle PREROUTING 1'],
    [`-t mangle -I PREROUTING 1 ${incoming}`],
  ],
  [
    'a drop of what processes of the host send',
    mangle('-A OUTPUT -p tcp -m tcp --dport 8080 -j DROP'),
    ['error OutputDropped by mangle OUTPUT 1'],
    [`-t mangle -I OUTPUT 1 ${incoming}`],
  ],
  [
    'a drop of answers',
    filter('-A FORWARD -i pt-web -m conntrack --ctstate ESTABLISHED -j DROP'),
    ['error ReplyDropped by filter FORWARD 1'],
    [`-t filter -I FORWARD 1 ${back}`],
  ],
  [
    'a drop of what is sent once a first packet is answered',
    filter('-A FORWARD -o pt-web -m conntrack --ctstate ESTABLISHED --ctdir ORIGINAL -j DROP'),
    ['error ForwardDropped by filter FORWARD 1'],
    [`-t filter -I FORWARD 1 ${there}`, `-t filter -I FORWARD 1 ${back}`],
  ],
  [
    'a drop before translation of all that is no longer the handshake',
    mangle('-A PREROUTING -p tcp -m tcp --dport 8080 --tcp-flags SYN,ACK ACK -j DROP'),
    ['error PreroutingDropped by mangle PREROUTING 1', 'info ReplyDropped by mangle PREROUTING 1'],
    [`-t mangle -I PREROUTING 1 ${incoming}`],
  ],
  [
    'a policy behind new connections and answers',
    closed(
      '-A FORWARD -m conntrack --ctstate NEW -j ACCEPT',
      '-A FORWARD -m conntrack --ctdir REPLY -j ACCEPT',
    ),
    ['error ForwardDropped by filter FORWARD policy'],
    [`-t filter -A FORWARD ${there}`, `-t filter -A FORWARD ${back}`],
  ],
  [
    'a drop of answers behind the handshake',
    filter('-A FORWARD -i pt-web ! -o pt-web -p tcp -m tcp --sport 80 --tcp-flags SYN,ACK ACK -j DROP'),
    ['error ReplyDropped by filter FORWARD 1'],
    [`-t filter -I FORWARD 1 ${back}`],
  ],
  [
    'no tracking of what comes in',
    raw('-A PREROUTING ! -i pt-web -p tcp -m tcp --dport 8080 -j CT --notrack'),
    ['error Notrack by raw PREROUTING 1'],
    [
      `-t raw -I PREROUTING 1 ${incoming}`,
      '-t raw -I PREROUTING 1 -i pt-web -s 172.30.1.10 -p tcp --sport 80 -j ACCEPT',
    ],
  ],
  [
    'no tracking of answers',
    raw('-A PREROUTING -i pt-web -p tcp -m tcp --sport 80 -j CT --notrack'),
    ['error Notrack by raw PREROUTING 1'],
    ['-t raw -I PREROUTING 1 -i pt-web -s 172.30.1.10 -p tcp --sport 80 -j ACCEPT'],
  ],
  [
    'a drop of what is over a limit',
    filter(
      '-A FORWARD -o pt-web -p tcp -m tcp --dport 80 -m limit --limit 5/sec -j ACCEPT',
      '-A FORWARD -o pt-web -p tcp -m tcp --dport 80 -j DROP',
    ),
    ['warning possible ForwardDropped by filter FORWARD 2'],
    // An accept before the limit would switch the limit off.
    [],
  ],
  [
    'a translation of what processes of the host send, that comes later',
    nat('-A OUTPUT -p tcp -m tcp -m addrtype --dst-type LOCAL --dport 8080 -j REDIRECT --to-ports 9000'),
    ['error DnatShadows by nat OUTPUT 1'],
    [],
  ],
  [
    'a translation that comes later',
    nat('-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.10:7000'),
    ['error DnatShadows by nat PREROUTING 1'],
    [],
  ],
  [
    'a list of bans',
    filter(...Array.from({ length: 20 }, (_, at) => `-A FORWARD -s 198.51.100.${at}/32 -j DROP`)),
    ['warning ForwardDropped by filter FORWARD 8'],
    // The rule matches on the source, so it is an administrator's decision and has no remedy.
    [],
  ],
  [
    'a set that is not to be seen',
    filter('-A FORWARD -m set --match-set bad src -j DROP'),
    ['warning possible ForwardDropped by filter FORWARD 1'],
    // The rule matches on the source, so it is an administrator's decision and has no remedy.
    [],
  ],
]

describe.each(tools)('what rules of %s do to a mapping', (tool) => {
  test.each(cases)('%s', async (_, saved, told, commands) => {
    const seen = await lookWith(tool, saved)
    expect(ofMapping(seen)).toEqual(told.map((line) => line.replace(' by ', ` by ${tool} `)))
    expect(seen.conflicts[0]?.remedy.commands).toEqual(commands.map((words) => `${tool} ${words}`))
    expectTrue(seen)
  })

  test('a container that the chain of our masquerade is ended for cannot call itself, by which rule', async () => {
    const applied = carriedOut(noRules, (await look({ backend: tool })).plan.changes)
    const inFront = '-A POSTROUTING -s 172.30.1.10/32 -d 172.30.1.10/32 -j ACCEPT\n-A POSTROUTING'
    const text = iptables.print(applied[tool], 'iptables-save').replace('-A POSTROUTING', inFront)
    const rules = { ...applied, [tool]: iptables.parse(text, '<saved>') }
    const { desired } = (await look({ backend: tool })).plan
    const found = findConflicts(desired, hostFacts, lowerRules(rules))
    expect(found.map(tell)).toEqual([`error MasqueradeMissing 0.0.0.0:8080/tcp by ${tool} nat POSTROUTING 1`])
    expect(found[0]?.remedy.commands).toEqual([`${tool} -t nat -I POSTROUTING 1 ${there}`])
    // A plan moves Portolan's jump to the front, which repairs it.
    const seen = await lookAt({ rules, facts: hostFacts, backend: tool })
    expect(seen.told).toEqual([])
    expect(seen.plan.changes.flatMap(({ part, after }) => (part === tool ? [after] : []))).toEqual([
      '-A POSTROUTING -m comment --comment portolan -j PORTOLAN-SNAT (rule 1)',
    ])
  })

  test('a client cut off once a first packet is answered is told so', async () => {
    const seen = await lookWith(
      tool,
      filter('-A FORWARD -i eth0 -o pt-web -m conntrack --ctstate ESTABLISHED --ctdir ORIGINAL -j DROP'),
    )
    const told = seen.conflicts.find(({ mapping }) => mapping !== null)
    expect(told?.message).toContain(
      `Connections from eth0 to 0.0.0.0:8080/tcp -> nginx:80 open and then hang. Rule 1 of chain FORWARD (${tool}, table filter) drops the packets after the first:`,
    )
    expect(told?.trace.at(-1)).toMatchObject({ packet: 3, direction: 'original', hook: 'forward' })
  })

  test('where nothing is wrong, nothing is told', async () => {
    const saved =
      raw() +
      mangle() +
      nat('-A POSTROUTING -s 10.9.0.0/16 -o eth0 -j MASQUERADE') +
      filter('-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT')
    const seen = await lookWith(tool, saved)
    expect(seen.told).toEqual([])
  })

  test('a network that does not get out is told once, as a warning', async () => {
    const seen = await lookWith(
      tool,
      filter('-A FORWARD -i pt-web ! -o pt-web -m conntrack --ctstate NEW -j DROP'),
    )
    expect(seen.told).toEqual([`warning EgressDropped network web by ${tool} filter FORWARD 1`])
    expectTrue(seen)
  })

  test('a network whose host does not reach it is told once, as a warning', async () => {
    const seen = await lookWith(tool, filter('-A OUTPUT -d 172.30.1.0/24 -p udp -j DROP'))
    expect(seen.told).toEqual([`warning NetworkDropped network web by ${tool} filter OUTPUT 1`])
    expectTrue(seen)
  })

  test('one family is told, where the other works', async () => {
    const saved = `# Generated by ip6tables-save v1.8.11\n${closed()}`
    const read =
      tool === 'iptables-nft' ? `# Generated by ip6tables-save v1.8.11 (nf_tables)\n${closed()}` : saved
    const seen = await lookWith(tool, read, { intent: dualIntent })
    expect(seen.told).toEqual([
      `error ForwardDropped [::]:8080/tcp by ${tool} filter FORWARD policy`,
      `warning EgressDropped network web by ${tool} filter FORWARD policy`,
    ])
    const program = tool.replace('iptables', 'ip6tables')
    expect(seen.conflicts[0]?.remedy.commands).toEqual([
      `${program} -t filter -A FORWARD -o pt-web -d fd00:30:1::10 -p tcp --dport 80 -j ACCEPT`,
      `${program} -t filter -A FORWARD -i pt-web -s fd00:30:1::10 -p tcp --sport 80 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    ])
    expectTrue(seen)
  })

  test('where Docker left a chain to the administrator, the remedy is there', async () => {
    const saved = closed(':DOCKER-USER - [0:0]', '-A FORWARD -j DOCKER-USER', '-A DOCKER-USER -j RETURN')
    const { conflicts } = await lookWith(tool, saved)
    expect(conflicts[0]?.remedy.commands).toEqual([
      `${tool} -t filter -I DOCKER-USER 1 ${there}`,
      `${tool} -t filter -I DOCKER-USER 1 ${back}`,
    ])
  })
})
