import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { dockerAndUfw, dockerHost } from './host-rules.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const RULES = 5_000
const PACKETS = 5_000

/** A host with many rules: single addresses, prefixes, port ranges and interfaces. */
const manyRules = [
  '*filter',
  ':FORWARD ACCEPT [0:0]',
  ...Array.from({ length: RULES }, (_, at) => {
    const net = `10.${at >> 8}.${at & 255}`
    if (at % 4 === 0) return `-A FORWARD -s ${net}.5/32 -j DROP`
    if (at % 4 === 1) return `-A FORWARD -s ${net}.0/24 -p tcp -m tcp --dport ${at} -j DROP`
    if (at % 4 === 2) return `-A FORWARD -p udp -m udp --dport ${at}:${at + 40} -j DROP`
    return `-A FORWARD -d ${net}.0/24 -i eth7 -j ACCEPT`
  }),
  'COMMIT',
  '',
].join('\n')

const folder = temporaryFolder({ 'host.json': dockerHost, rules: dockerAndUfw, many: manyRules })
const files = ['--host', 'host.json', '--iptables-save', 'rules']

const toPort = (destinationPort: number): string =>
  JSON.stringify({
    family: 'ip',
    in: 'eth0',
    source: '192.0.2.9',
    sourcePort: 40000,
    destination: '192.0.2.2',
    destinationPort,
    protocol: 'tcp',
    state: 'new',
  })

const evaluated = async (input: string) => {
  const { code, stdout, stderr } = await portolan(['evaluate', ...files], { folder, input })
  return {
    code,
    stderr,
    outcomes: stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  }
}

describe('evaluate', () => {
  test('answers each packet with its outcome, a line each, in order', async () => {
    const { code, stderr, outcomes } = await evaluated(`${[8080, 8081, 22, 5432].map(toPort).join('\n')}\n`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(outcomes.map(({ outcome, certainty }) => `${outcome} ${certainty}`)).toEqual([
      'forwarded certain',
      'dropped certain',
      'local possible',
      'dropped certain',
    ])
    expect(outcomes[0]).toMatchObject({
      at: { address: '172.17.0.2', port: 80, interface: 'docker0' },
      seenAs: { source: '192.0.2.9', sourcePort: 40000 },
      culprit: null,
    })
    expect(outcomes[3].culprit).toMatchObject({ chain: 'INPUT', position: 'policy', owner: 'ufw' })
  })

  test('answers a line that is no packet with an error in its place, goes on, and exits 1', async () => {
    const lines = [toPort(8080), 'nonsense', '', '{"destination": "192.0.2.300"}', toPort(8081)]
    const { code, stderr, outcomes } = await evaluated(lines.join('\n'))
    expect(code).toBe(1)
    expect(stderr).toBe('portolan: 2 lines were no packet. The output has an error in place of each.\n')
    expect(outcomes).toMatchObject([
      { outcome: 'forwarded' },
      { error: { code: 'PARSE', line: 2 } },
      { error: { code: 'PARSE', line: 4, message: expect.stringContaining('192.0.2.300') } },
      { outcome: 'dropped' },
    ])
  })

  test('refuses a key that it does not know, and an interface that the host does not have', async () => {
    const packet = { source: '192.0.2.9', destination: '192.0.2.2' }
    const packets = [
      { ...packet, in: 'eth0', dport: 22 },
      { ...packet, in: 'nope' },
      { ...packet, in: 'docker0', port: 'veth9' },
      { ...packet, in: 'eth0' },
    ]
    const { code, outcomes } = await evaluated(packets.map((one) => JSON.stringify(one)).join('\n'))
    expect(code).toBe(1)
    expect(outcomes).toMatchObject([
      {
        error: {
          message: expect.stringMatching(
            /^standard input:1:61: the key "dport" .* did you mean "destinationPort"\?$/,
          ),
        },
      },
      {
        error: {
          message: expect.stringMatching(
            /^standard input:2:54: in is "nope": the host has no such interface; it has .*eth0/,
          ),
        },
      },
      {
        error: {
          message: expect.stringMatching(
            /^standard input:3:71: port is "veth9": the host has no such interface/,
          ),
        },
      },
      { outcome: expect.any(String) },
    ])
  })

  test('answers nothing with nothing', async () => {
    expect(await evaluated('')).toEqual({ code: 0, stderr: '', outcomes: [] })
  })

  test(`answers ${PACKETS} packets against ${RULES} rules`, async () => {
    const packets = Array.from({ length: PACKETS }, (_, at) =>
      JSON.stringify({
        in: 'eth0',
        source: '192.0.2.9',
        sourcePort: 1024 + at,
        destination: `172.17.${at % 250}.${2 + (at >> 8)}`,
        destinationPort: at,
        protocol: 'tcp',
      }),
    )
    const { code, stdout } = await run(
      [...commandLine, 'evaluate', '--host', 'host.json', '--iptables-save', 'many'],
      {
        folder,
        input: packets.join('\n'),
      },
    )
    expect(code).toBe(0)
    expect(stdout.split('"outcome":"forwarded"').length - 1).toBe(PACKETS)
  })

  test('stops quietly when its reader has read enough', async () => {
    const script = `yes '${toPort(8080)}' | head -n 50000 | "$@" evaluate ${files.join(' ')} | head -n 1`
    const { code, stdout, stderr } = await run(['sh', '-c', script, 'sh', ...commandLine], { folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(fromJson<{ readonly outcome: unknown }>(stdout).outcome).toBe('forwarded')
  })
})
