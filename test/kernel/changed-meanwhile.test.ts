import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { until } from '../lab/until.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { pilotOf, shop } from './lifecycle/pilot.ts'

const preload = fileURLToPath(new URL('../lab/change-before.mjs', import.meta.url))

const opened: Lab[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((lab) => lab[Symbol.asyncDispose]()))
})

const open = async (): Promise<Lab> => {
  const lab = await workerLabs().open()
  opened.push(lab)
  return lab
}

/** Applies, while another program acts between the last reading of the rules and the change. */
const applyWhile = async (lab: Lab, command: string, compose: string) => {
  const file = await lab.write('compose.yaml', compose)
  const argv = pilotOf(lab, 'nftables').argv('apply', file, '--yes')
  return lab.host.run([...lab.command, ...argv], {
    environment: { NODE_OPTIONS: `--import=${preload}`, CHANGE_BEFORE: command },
  })
}

const table = (lab: Lab): Promise<string> => lab.host.mustRun(['nft', 'list', 'table', 'inet', 'portolan'])

const twoPorts = shop(['8080:80', '8080:80/udp', '8443:443'])
const otherProject = shop(['9090:80']).replace('name: shop', 'name: other')

describeOnKernel('rules that change between the last reading of apply and its change', 'nftables', () => {
  test('a foreign table that is added meanwhile stays, and apply succeeds without planning again', async () => {
    const lab = await open()
    const { exitCode, stderr } = await applyWhile(lab, 'nft add table ip other', shop())
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('again') })
    expect(await table(lab)).toContain('tcp . 8080')
    expect(await lab.host.mustRun(['nft', 'list', 'tables'])).toContain('table ip other')
  })

  test('apply plans again where rules of our table were deleted meanwhile, and restores them', async () => {
    const lab = await open()
    await pilotOf(lab, 'nftables').apply(shop())
    const tableBefore = await table(lab)
    const { exitCode, stderr } = await applyWhile(lab, 'nft flush chain inet portolan forward', twoPorts)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('planning again') })
    const tableAfter = await table(lab)
    const chainOf = (text: string): string => /chain forward \{[^}]*\}/.exec(text)?.[0] ?? ''
    expect(tableAfter).toContain('tcp . 8443')
    expect(chainOf(tableAfter)).toBe(chainOf(tableBefore))
    expect(chainOf(tableAfter)).toContain('to_network')
  })
})

/**
 * Applies a file while another process of Portolan holds the network lock.
 * @param change - the work of the other process, done once apply waits for the lock
 */
const applyBehindLock = async (
  lab: Lab,
  compose: string,
  change: () => Promise<unknown>,
  ...extra: readonly string[]
) => {
  const lock = (await lab.host.mustRun(['find', '/run', '-name', 'network-*.lock'])).trim()
  const holder = lab.host.start(['flock', '--no-fork', lock, 'sh', '-c', ': > /run/lab/held; exec sleep 600'])
  const isHeld = async (): Promise<boolean> =>
    (await lab.host.run(['test', '-e', '/run/lab/held'])).exitCode === 0
  await until('the lock to be held', isHeld, { beside: holder })
  const argv = pilotOf(lab, 'nftables').argv(
    'apply',
    await lab.write('compose.yaml', compose),
    '--yes',
    ...extra,
  )
  const applying = lab.host.start([...lab.command, ...argv])
  // The shell that holds the lock replaces itself by `sleep` after it made the file. That may take longer than the
  // command.
  await until('apply to wait for the lock', () => /waiting for (sh|sleep)\b/.test(applying.printed()), {
    beside: applying,
  })
  await change()
  holder.kill('SIGKILL')
  return applying.outcome
}

describeOnKernel('apply behind another process of Portolan that changes the host', 'nftables', () => {
  test('a conflict that is there only until the other process has finished does not stop apply', async () => {
    const lab = await open()
    await pilotOf(lab, 'nftables').apply(otherProject)
    const forwarding = (value: number) => lab.host.setSysctl('net.ipv4.conf.eth0.forwarding', value)
    // As if the other process had turned forwarding on, and the kernel had not reached this interface yet.
    await forwarding(0)
    expect(await applyBehindLock(lab, shop(), () => forwarding(1))).toMatchObject({ exitCode: 0 })
    expect(await table(lab)).toContain('tcp . 8080')
  })

  test('a conflict that is still there after the other process has finished stops apply, and is printed', async () => {
    const lab = await open()
    await pilotOf(lab, 'nftables').apply(otherProject)
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    const { exitCode, stdout } = await applyBehindLock(lab, shop(), async () => {})
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('HostPortTaken'),
    })
  })
})

describeOnKernel('apply while a program begins to listen on a published port', 'nftables', () => {
  const listens =
    (lab: Lab, port = 8080) =>
    (): Promise<void> =>
      lab.host.listen({ protocol: 'tcp', port })
  const askedAt = { protocol: 'tcp', destination: '192.0.2.2', port: 8080 } as const

  test('apply plans again, reports the port, and leaves the program its clients', async () => {
    const lab = await open()
    await pilotOf(lab, 'nftables').apply(otherProject)
    const { exitCode, stdout, stderr } = await applyBehindLock(lab, shop(), listens(lab))
    expect({ exitCode, stdout, stderr }).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('HostPortTaken'),
      stderr: expect.stringContaining('began to listen on 0.0.0.0:8080/tcp'),
    })
    expect(await table(lab)).not.toContain('tcp . 8080')
    expect(await lab.client.reach(askedAt)).toMatchObject({ by: 'host' })
  })

  test('a port that another project keeps, or that was listened on before a forced apply, does not stop it', async () => {
    const lab = await open()
    await pilotOf(lab, 'nftables').apply(otherProject)
    await listens(lab)()
    const { exitCode, stderr } = await applyBehindLock(lab, shop(), listens(lab, 9090), '--force')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('again') })
    expect(await table(lab)).toContain('tcp . 8080')
  })
})

describeOnKernel('the table of Portolan', 'nftables', () => {
  test('apply writes it and destroy removes it without starting `nft -f`', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'nftables')
    const trace = '/run/lab/trace'
    const file = await lab.write('compose.yaml', shop())
    const traced = async (...argv: readonly string[]): Promise<string> => {
      await lab.host.mustRun([
        'strace',
        '-f',
        '-qq',
        '-e',
        'trace=execve',
        '-o',
        trace,
        ...lab.command,
        ...argv,
      ])
      return lab.host.mustRun(['cat', trace])
    }
    const applied = await traced(...pilot.argv('apply', file, '--yes'))
    expect(await table(lab)).toContain('tcp . 8080')
    const destroyed = await traced(...pilot.argv('destroy', null, '--all', '--yes'))
    expect(await lab.host.mustRun(['nft', 'list', 'ruleset'])).toBe('')
    for (const text of [applied, destroyed]) {
      expect(text).toContain('execve')
      expect(text.split('\n').filter((line) => /nft", .*"-f"/.test(line))).toEqual([])
    }
  })
})
