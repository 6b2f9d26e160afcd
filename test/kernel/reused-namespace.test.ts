import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
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

/** A network namespace, held by a process. */
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

/** So many lower inodes are free as one comes free: those are what other processes of the machine get meanwhile. */
const lower = 20

const numberOf = (inode: string): number => Number(inode.replaceAll(/\D/g, ''))

/**
 * Makes namespaces until one has an inode again: the kernel gives out the lowest that is free. It comes free some time after
 * the namespace has ended: one that gets a higher inode is made too early.
 * @returns null when it did not come: another process of the machine has it
 */
const makeWithInode = async (inode: string): Promise<Held | null> => {
  const others: Held[] = []
  try {
    for (let early = 0; early < mostEarly && others.length < lower + 50; ) {
      const next = await makeNamespace()
      if (next.inode === inode) return next
      if (numberOf(next.inode) < numberOf(inode)) others.push(next)
      else {
        early += 1
        await next[Symbol.asyncDispose]()
        await delay(early)
      }
    }
    return null
  } finally {
    for (const other of others) await other[Symbol.asyncDispose]()
  }
}

/** Two seconds, and what it takes to make so many. */
const mostEarly = 60

const forwarding = async (held: Held): Promise<string> =>
  (await held.run(['cat', '/proc/sys/net/ipv4/ip_forward'])).stdout.trim()

/** Applies in a namespace that ends then, and makes another that has its inode. */
const applyInOneThatEnds = async (
  written: (text: string) => string,
): Promise<{ readonly second: Held; readonly file: string }> => {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const fillers = await Promise.all(Array.from({ length: lower }, makeNamespace))
    const first = await makeNamespace()
    await first.run(['sysctl', '-qw', 'net.ipv4.ip_forward=0'])
    expect(await first.portolan(['apply', '--backend', 'nftables', '--yes'])).toMatchObject({ code: 0 })
    expect(await forwarding(first)).toBe('1')
    for (const one of [...fillers, first]) await one[Symbol.asyncDispose]()
    const file = join(folder, 'state', `state-${numberOf(first.inode)}.json`)
    writeFileSync(file, written(readFileSync(file, 'utf8')))
    const second = await makeWithInode(first.inode)
    if (second !== null) return { second, file }
  }
  throw new Error('no inode of a namespace came again')
}

describeOnKernel('a network namespace that got the inode of one that has ended', 'nftables', () => {
  test.each([
    ['as it was written', (text: string) => text],
    ['by an earlier Portolan', (text: string) => text.replace(/^ *"routeSocket":.*\n/m, '')],
  ])('keeps its forwarding when the earlier one is destroyed: state %s', async (_how, written) => {
    const { second: found, file } = await applyInOneThatEnds(written)
    await using second = found
    await second.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
    await second.portolan(['destroy', '-p', 'shop', '--yes'])
    expect(await forwarding(second)).toBe('1')

    // What is applied there is put back there, as ever.
    await second.run(['sysctl', '-qw', 'net.ipv4.ip_forward=0'])
    expect(await second.portolan(['apply', '--backend', 'nftables', '--yes'])).toMatchObject({ code: 0 })
    expect(await forwarding(second)).toBe('1')
    writeFileSync(file, written(readFileSync(file, 'utf8')))
    expect(await second.portolan(['destroy', '-p', 'shop', '--yes'])).toMatchObject({ code: 0 })
    expect(await forwarding(second)).toBe('0')
  })
})
