import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { busyHost, oneService } from './host-facts.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({ 'compose.yaml': oneService, 'host.json': busyHost })
const script = commandLine.at(-1) ?? ''

/** Node 22 and 24 are installed as packages. The suite itself runs on any Node. */
const nodes = ['22', '24'].map((version) => ({
  version,
  program: fileURLToPath(new URL(`../node-versions/node_modules/node-${version}/bin/node`, import.meta.url)),
}))

const present = nodes.filter(({ program }) => existsSync(program))

test('Node 22 and 24 are there to be tried, on the processor their packages are for', () => {
  const expected = process.platform === 'linux' && process.arch === 'x64' ? ['22', '24'] : []
  expect(present.map(({ version }) => version)).toEqual(expected)
})

test('npm scripts run on the Node that the person has, not on a version that the tests bring', async () => {
  // npm puts node_modules/.bin first on the PATH of every script.
  const { stdout } = await run(['npm', 'exec', '--', 'node', '--version'], {
    folder: fileURLToPath(new URL('../..', import.meta.url)),
    environment: { HOME: process.env.HOME ?? '/' },
  })
  expect(stdout.trim()).toBe(process.version)
})

describe.each(present)('on Node $version', ({ version, program }) => {
  test('is that version', async () => {
    const { stdout } = await run([program, '--version'], { folder })
    expect(stdout).toMatch(new RegExp(`^v${version}\\.`))
  })

  test.each([
    ['plan', ['plan', '--json', '--host', 'host.json']],
    ['subnet', ['subnet', '--count', '3', '--host', 'host.json']],
    ['script', ['script', '--format', 'sh', '--host', 'host.json']],
  ])('%s answers as here', async (_, words) => {
    const there = await run([program, script, ...words], { folder })
    expect(there).toEqual(await portolan(words, { folder }))
  })
})

describeOnKernel('on other versions of Node', 'nftables', () => {
  // Only Node's own parts differ between versions. iptables and netlink are used in the same way.
  const inNamespace = (program: string): string =>
    `${program} ${script} apply --yes --state state && ${program} ${script} plan --state state && ${program} ${script} destroy --yes --state state`

  beforeAll(() => expect(present.length).toBeGreaterThan(0))

  test.each(present)('apply, plan and destroy work on Node $version', async ({ program }) => {
    const { code, stdout, stderr } = await run(['unshare', '--net', 'sh', '-c', inNamespace(program)], {
      folder,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/Applied \d+ changes\.[\s\S]*nothing to do[\s\S]*Removed shop\./)
  })
})
