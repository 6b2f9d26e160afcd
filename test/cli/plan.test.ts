import { describe, expect, test } from '@jest/globals'
import { busyHost, oneService, quietHost } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({
  'compose.yaml': oneService,
  'empty.yaml': 'name: shop\nservices: {}\n',
  'notes.yaml': `name: shop\nservices: {web: {ports: ["\${PORT}:80"]}}\n`,
  'host.json': quietHost,
  'busy.json': busyHost,
})
const plan = (...words: readonly string[]) => portolan(['plan', '--host', 'host.json', ...words], { folder })

describe('plan for people', () => {
  test('shows subnet, address, port and every kind of change, and exits 2', async () => {
    const { code, stdout, stderr } = await plan()
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(stdout).toMatch(/^Plan for project shop with nftables$/m)
    expect(stdout).toMatch(/^ {2}default +172\.17\.0\.0\/16 +gateway 172\.17\.42\.1 +free in pool classic$/m)
    expect(stdout).toMatch(/^ {2}web +default +172\.17\.0\.1 +02:42:ac:11:00:01$/m)
    expect(stdout).toMatch(/^ {2}0\.0\.0\.0:8080\/tcp +-> web:80 +network default$/m)
    expect(stdout).toMatch(
      /^ {2}\+ nftables table inet portolan \(\d+ changes\): \d+ rules and elements to add$/m,
    )
    expect((await plan('--rules')).stdout).toContain('+ tcp . 8080')
    expect(stdout).toContain('+ bridge br-')
    expect(stdout).toContain('route_localnet = 1')
    expect(stdout).toMatch(/^.*\nChanges: \d+ to add, \d+ to change, 0 to remove\.( |\n)/)
  })

  test('says why each candidate was passed over', async () => {
    const { stdout } = await portolan(['plan', '--host', 'busy.json', '--backend', 'iptables'], { folder })
    expect(stdout).toMatch(/passed over 172\.17\.0\.0\/16: .*172\.17\.0\.23/)
    expect(stdout).toMatch(/passed over 10\.0\.0\.0\/16: .*wg0.*51820/)
    expect(stdout).toMatch(/passed over 10\.42\.0\.0\/16: .*podman/)
  })

  test('exits 0 when there is nothing to do', async () => {
    const { code, stdout } = await plan('-f', 'empty.yaml')
    expect(code).toBe(0)
    expect(stdout).toContain('Nothing to do.')
  })

  test('notes what stands in for a variable that is not set, with its place', async () => {
    const { stdout } = await plan('-f', 'notes.yaml')
    expect(stdout).toMatch(/^ {2}notes\.yaml:2:\d+: the variable PORT is not set/m)
  })
})

describe('plan --json', () => {
  const read = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await plan('--json', ...words)
    expect(stderr).toBe('')
    return { code, stdout, plan: JSON.parse(stdout) }
  }

  test('has the fixed keys, with the fixed keys inside', async () => {
    const found = await read('--reserve', '172.17.0.0/24')
    expect(found.code).toBe(2)
    expect(found.plan).toMatchObject({
      subnets: [
        {
          network: 'default',
          family: 'ip',
          subnet: '10.0.0.0/16',
          gateway: '10.0.42.1',
          pool: 'classic',
          rejected: [
            {
              candidate: '172.17.0.0/16',
              kind: 'reserved',
              overlaps: '172.17.0.0/24',
              detail: expect.any(String),
            },
          ],
        },
      ],
      addresses: [{ service: 'web', network: 'default', address: '10.0.0.1', mac: '02:42:0a:00:00:01' }],
      conflicts: [],
      changes: expect.any(Array),
      summary: { add: expect.any(Number), change: expect.any(Number), remove: 0 },
    })
    for (const change of found.plan.changes) {
      expect(change).toMatchObject({
        action: expect.stringMatching(/^(add|change|remove)$/),
        object: expect.stringMatching(/./),
        description: expect.stringMatching(/ .*\.$/),
        reverse: expect.stringMatching(/./),
      })
      expect(change).toHaveProperty('before')
      expect(change).toHaveProperty('after')
    }
  })

  test('has as many changes as its summary counts', async () => {
    const { changes, summary } = (await read()).plan
    const count = (action: string) =>
      changes.filter((change: { action: string }) => change.action === action).length
    expect(summary).toEqual({ add: count('add'), change: count('change'), remove: count('remove') })
    expect(summary.add).toBeGreaterThan(0)
  })

  test.concurrent.each(['nftables', 'iptables-nft', 'iptables-legacy'])(
    'is the same bytes for the same input, with %s',
    async (backend) => {
      const first = await read('--backend', backend)
      expect((await read('--backend', backend)).stdout).toBe(first.stdout)
      expect(first.plan.backend).toBe(backend)
      expect(first.plan.changes.map(({ part }: { part: string }) => part)).toContain(backend)
    },
  )

  test('switches forwarding on only where it is off, and notes it', async () => {
    const { stdout, code } = await portolan(
      ['plan', '--json', '--host', 'busy.json', '--guard-forwarding', '--backend', 'nftables', '-f', '-'],
      { folder, input: 'name: shop\nservices: {web: {ports: ["9090:80"]}}\n' },
    )
    const { conflicts, changes } = JSON.parse(stdout)
    expect(code).toBe(2)
    expect(conflicts).toMatchObject([{ kind: 'HostBecomesRouter', severity: 'info' }])
    expect(changes).toContainEqual(
      expect.objectContaining({
        part: 'sysctl',
        object: expect.stringContaining('net.ipv4.ip_forward'),
        before: expect.stringContaining('0'),
        after: expect.stringContaining('1'),
      }),
    )
    expect((await read()).stdout).not.toContain('net.ipv4.ip_forward')
  })
})
