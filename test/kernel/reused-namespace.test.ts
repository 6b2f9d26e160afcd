import { mkdtempSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { commandLine, type Outcome, run } from '../cli/portolan.ts'
import { startAgent } from '../lab/agent.ts'
import { describeOnKernel } from '../lab/gate.ts'

const shop = `name: shop
services: { web: { ports: ["8080:80"] } }
networks: { default: { driver_opts: { com.docker.network.bridge.name: br-shop } } }
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-reused-'))
  writeFileSync(join(folder, 'compose.yaml'), shop)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A network namespace that a process holds. */
interface Held extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly inode: string
  run(words: readonly string[]): Promise<Outcome>
  portolan(words: readonly string[]): Promise<Outcome>
}

const makeNamespace = async (): Promise<Held> => {
  const agent = await startAgent('held', null)
  const inside = ['nsenter', `--target=${agent.pid}`, '--net']
  const setting = { folder }
  return {
    inode: readlinkSync(`/proc/${agent.pid}/ns/net`),
    run: (words) => run([...inside, ...words], setting),
    portolan: (words) =>
      run([...inside, ...commandLine, ...words, '--state', join(folder, 'state')], setting),
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  }
}

const forwarding = async (held: Held): Promise<string> =>
  (await held.run(['cat', '/proc/sys/net/ipv4/ip_forward'])).stdout.trim()

const numberOf = (held: Held): string => held.inode.replaceAll(/\D/g, '')

const stateFile = (held: Held): string => join(folder, 'state', `state-${numberOf(held)}.json`)

/** Applies in a namespace that ends afterwards. */
const applyInEndingNamespace = async (): Promise<Held> => {
  await using held = await makeNamespace()
  await held.run(['sysctl', '-qw', 'net.ipv4.ip_forward=0'])
  expect(await held.portolan(['apply', '--backend', 'nftables', '--yes'])).toMatchObject({ code: 0 })
  expect(await forwarding(held)).toBe('1')
  return held
}

/**
 * Gives a namespace the state of an ended one, as if it had got the same inode. The kernel reuses the lowest free
 * inode, which is the same one only when nothing else happens on the machine.
 */
const passStateTo = (ended: Held, heir: Held, written: (text: string) => string): void => {
  const key = (held: Held): string => `"namespace": "${numberOf(held)}"`
  renameSync(stateFile(ended), stateFile(heir))
  const text = readFileSync(stateFile(heir), 'utf8')
  expect(text).toContain(key(ended))
  writeFileSync(stateFile(heir), written(text.replace(key(ended), key(heir))))
}

describeOnKernel('a network namespace that got the inode of one that has ended', 'nftables', () => {
  test.each([
    ['as it was written', (text: string) => text],
    ['by an earlier Portolan', (text: string) => text.replace(/^ *"routeSocket":.*\n/m, '')],
  ])('keeps its forwarding when the earlier one is destroyed: state %s', async (_how, written) => {
    const first = await applyInEndingNamespace()
    await using second = await makeNamespace()
    passStateTo(first, second, written)
    await second.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
    await second.portolan(['destroy', '-p', 'shop', '--yes'])
    expect(await forwarding(second)).toBe('1')

    // A project applied here is also restored here, as usual.
    await second.run(['sysctl', '-qw', 'net.ipv4.ip_forward=0'])
    expect(await second.portolan(['apply', '--backend', 'nftables', '--yes'])).toMatchObject({ code: 0 })
    expect(await forwarding(second)).toBe('1')
    writeFileSync(stateFile(second), written(readFileSync(stateFile(second), 'utf8')))
    expect(await second.portolan(['destroy', '-p', 'shop', '--yes'])).toMatchObject({ code: 0 })
    expect(await forwarding(second)).toBe('0')
  })
})
