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

describeOnKernel('rules that change between the last look at them and the change', 'nftables', () => {
  test('of another program do not hinder, as ours are what they were', async () => {
    const lab = await open()
    const { exitCode, stderr } = await applyWhile(lab, 'nft add table ip other', shop())
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('again') })
    expect(await table(lab)).toContain('tcp . 8080')
    expect(await lab.host.mustRun(['nft', 'list', 'tables'])).toContain('table ip other')
  })

  test('of ours are read and planned again: nothing is written beside what is gone', async () => {
    const lab = await open()
    await pilotOf(lab, 'nftables').apply(shop())
    const whole = await table(lab)
    const { exitCode } = await applyWhile(lab, 'nft flush chain inet portolan forward', twoPorts)
    expect(exitCode).toBe(0)
    const now = await table(lab)
    const chainOf = (text: string): string => /chain forward \{[^}]*\}/.exec(text)?.[0] ?? ''
    expect(now).toContain('tcp . 8443')
    expect(chainOf(now)).toBe(chainOf(whole))
    expect(chainOf(now)).toContain('to_network')
  })
})

describeOnKernel('a host that another process of ours is changing', 'nftables', () => {
  test('what is wrong only meanwhile does not block', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'nftables')
    await pilot.apply(shop(['9090:80']).replace('name: shop', 'name: other'))
    const forwarding = (value: number) => lab.host.setSysctl('net.ipv4.conf.eth0.forwarding', value)
    // As if the other process had turned forwarding on, and the kernel had not reached this interface yet.
    await forwarding(0)
    const lock = (await lab.host.mustRun(['find', '/run', '-name', 'network-*.lock'])).trim()
    const holder = lab.host.start([
      'flock',
      '--no-fork',
      lock,
      'sh',
      '-c',
      ': > /run/lab/held; exec sleep 600',
    ])
    const isHeld = async (): Promise<boolean> =>
      (await lab.host.run(['test', '-e', '/run/lab/held'])).exitCode === 0
    await until('the lock to be held', isHeld, { beside: holder })
    const argv = pilot.argv('apply', await lab.write('compose.yaml', shop()), '--yes')
    const applying = lab.host.start([...lab.command, ...argv])
    // The shell that holds the lock replaces itself by `sleep` after it made the file. That may take longer than the
    // command.
    await until('it to wait', () => /waiting for (sh|sleep)\b/.test(applying.printed()), { beside: applying })
    await forwarding(1)
    holder.kill('SIGKILL')
    expect(await applying.outcome).toMatchObject({ exitCode: 0 })
    expect(await table(lab)).toContain('tcp . 8080')
  })

  test('what is wrong after that blocks, and is shown', async () => {
    const lab = await open()
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    const { exitCode, stdout } = await pilotOf(lab, 'nftables').run('apply', shop(), '--yes')
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('HostPortTaken'),
    })
  })
})

describeOnKernel('our own table', 'nftables', () => {
  test('is written and removed without a program that changes rules', async () => {
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
