import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { oneService } from './host-facts.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { onTerminal } from './terminal.ts'

const folder = temporaryFolder({
  'compose.yaml': oneService,
  'joins.yaml':
    'name: blog\nservices: {web: {ports: ["9090:80"], networks: [shop]}}\nnetworks: {shop: {external: true, name: shop_default}}\n',
  'twice.yaml': 'name: shop\nservices: {a: {ports: ["80:80"]}, b: {ports: ["80:80"]}}\n',
})
const apart = ['unshare', '--net']

describe.each(['apply', 'destroy'])('%s without --yes and without a terminal', (command) => {
  test('is an error that says what to add, never a hang', async () => {
    const { code, stdout, stderr } = await portolan([command], { folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/no terminal to ask on\. Add --yes/)
  })

  test('is the same error as JSON', async () => {
    const { code, stdout, stderr } = await portolan([command, '--json'], { folder })
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(fromJson<{ readonly error: unknown }>(stdout).error).toMatchObject({ code: 'INVALID_REQUEST' })
  })

  test('is an error too when something is piped in, were it a yes', async () => {
    const { code, stdout } = await portolan([command], { folder, input: 'y\n' })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })
})

describeOnKernel('on a terminal', 'nftables', () => {
  test('apply shows the plan and asks, and any answer but yes changes nothing', async () => {
    for (const answer of ['n\n', '\n']) {
      const { code, stdout } = await onTerminal(['apply', '--state', 'state'], {
        folder,
        input: answer,
        under: apart,
      })
      expect(code).toBe(0)
      expect(stdout).toContain('Plan for project shop')
      expect(stdout).toMatch(/Apply these \d+ changes\? \[y\/N\]/)
      expect(stdout).toContain('Nothing was changed.')
      expect(stdout).not.toContain('Applied')
    }
  })

  test('yes applies', async () => {
    const { code, stdout } = await onTerminal(['apply', '--state', 'state'], {
      folder,
      input: 'yes\n',
      under: apart,
    })
    expect(stdout).toMatch(/Applied \d+ changes\./)
    expect(code).toBe(0)
  })

  test('conflicts that block are not asked about', async () => {
    const words = ['apply', '--state', 'state', '-f', 'twice.yaml']
    const { code, stdout } = await onTerminal(words, { folder, input: 'yes\n', under: apart })
    expect(code).toBe(3)
    expect(stdout).not.toContain('[y/N]')
    expect(stdout).toContain('nothing was changed, because of the conflicts above')
  })
})

describeOnKernel('apply --yes', 'nftables', () => {
  test('exits 3 for a conflict and 0 with --force, and --json says whether it was applied', async () => {
    // Uses its own store. In the other tests' store, giving up their leases would be a change.
    const words = ['apply', '--yes', '--json', '--state', 'forced', '-f', 'twice.yaml']
    const blocked = await portolan(words, { folder, under: apart })
    expect(blocked.code).toBe(3)
    expect(fromJson(blocked.stdout)).toMatchObject({
      applied: false,
      conflicts: [{ kind: 'DuplicateHostPort' }, {}],
    })
    expect(blocked.stderr).toMatch(/nothing was changed/)
    const forced = await portolan([...words, '--force'], { folder, under: apart })
    expect(forced.code).toBe(0)
    expect(fromJson(forced.stdout)).toMatchObject({ applied: true, summary: { remove: 0 } })
  })

  test('of an ordinary user exits 1 and names what is missing', async () => {
    if (process.geteuid?.() !== 0) return
    const under = [...apart, 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    const { code, stderr } = await portolan(['apply', '--yes', '-f', '-', '--state', '/nonexistent/state'], {
      folder: '/',
      input: oneService,
      under,
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^portolan: .*(root|CAP_NET_ADMIN)/)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describeOnKernel('destroy --yes', 'nftables', () => {
  test('on a host without anything of ours succeeds and says there was nothing', async () => {
    const { code, stdout } = await portolan(['destroy', '--yes', '--state', 'state'], {
      folder,
      under: apart,
    })
    expect(code).toBe(0)
    expect(stdout).toContain('nothing to do')
    const asJson = await portolan(['destroy', '--yes', '--json', '--state', 'state'], {
      folder,
      under: apart,
    })
    expect(fromJson(asJson.stdout)).toEqual({
      projects: [],
      conflicts: [],
      changes: [],
      kept: [],
      left: [],
      summary: { add: 0, change: 0, remove: 0 },
      leases: { release: [] },
    })
  })
  test('of a project that is not there is an error that names those that are', async () => {
    const inside = (script: string) =>
      run([...apart, 'sh', '-c', `${commandLine.join(' ')} ${script}`], { folder })
    const alone = await inside('destroy --yes --state state --project nosuch')
    expect(alone.code).toBe(1)
    expect(alone.stderr).toContain('project nosuch has nothing on this host; no project has.')
    const { code, stderr } = await inside(
      `apply --yes --state state >&2 && ${commandLine.join(' ')} destroy --yes --state state -p nosuch`,
    )
    expect(code).toBe(1)
    expect(stderr).toContain('project nosuch has nothing on this host; only shop has. Nothing was changed.')
  })

  test('of a network that another project uses warns on standard error, as JSON too', async () => {
    const portolan = commandLine.join(' ')
    const { stdout, stderr } = await run(
      [
        ...apart,
        'sh',
        '-ec',
        `for file in compose.yaml joins.yaml; do ${portolan} apply --yes --state state -f $file >/dev/null; done
        ${portolan} destroy --yes --json --state state -p shop`,
      ],
      { folder },
    )
    expect(stderr).toContain('portolan: warning NetworkInUse: The bridge br-')
    expect(stderr).toContain('project blog still publishes ports on it')
    expect(stderr).toMatch(/or keep the network\.\n {2}portolan destroy --project blog\n/)
    expect(fromJson(stdout)).toMatchObject({ projects: ['shop'], conflicts: [{ kind: 'NetworkInUse' }] })
  })
})
