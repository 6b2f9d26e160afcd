import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import type { Lab } from '../lab/lab.ts'
import { until } from '../lab/until.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { pilotOf } from './lifecycle/pilot.ts'
import { followEvents } from './live/watcher.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const loader = fileURLToPath(new URL('../lab/library/load.mjs', import.meta.url))
const log = '/run/lab/events'

const textOf = (services: string, networks = 'net'): string => `name: other
services:
${services}
networks: {${networks
  .split(' ')
  .map((name) => `${name}: {}`)
  .join(', ')}}
`
const api = (port: string, network = 'net'): string => `  api: {networks: [${network}], ports: ["${port}"]}`

// biome-ignore lint/suspicious/noTemplateCurlyInString: the text is Compose's
const ofVariable = '${PORT:-7000}:80'

/** A watch of a file in its own folder, and its standard error. */
const watchFile = async (lab: Lab, text: string, environment: Readonly<Record<string, string>> = {}) => {
  await lab.host.mustRun(['mkdir', '-p', '/run/lab/watched', '/run/lab/elsewhere'])
  await lab.write('watched/compose.yaml', text)
  await lab.host.writeText(log, '')
  const argv = pilotOf(lab, 'nftables').argv('watch', null, '--json')
  const running = lab.host.start(
    // The watch finds the file by itself. The variable for the port is only in the watch's environment.
    ['sh', '-c', `cd /run/lab/watched; PORT=9000 exec "$@" >> ${log}`, 'sh', ...lab.command, ...argv],
    { timeoutMs: 120_000, environment },
  )
  return {
    ...followEvents(lab, log, running),
    running,
    signal: (name: 'SIGHUP') => running.kill(name),
    [Symbol.asyncDispose]: async () => {
      running.kill('SIGTERM')
      await running.outcome
    },
    end: async () => {
      running.kill('SIGTERM')
      return running.outcome
    },
  }
}

const bridges = (lab: Lab) => lab.host.mustRun(['ip', '-br', 'link', 'show', 'type', 'bridge'])

describeLifecycle('apply beside a portolan watch', 'nftables', (open) => {
  test('apply and move of another text are refused with the process of the watch, its file and the ways out, and the same intent is applied', async () => {
    const lab = await open()
    const run = (command: string, file: string, ...words: readonly string[]) =>
      lab.portolan(pilotOf(lab, 'nftables').argv(command, file, ...words))
    // The file gets the port from a variable that only the watch has.
    const text = textOf(api(ofVariable))
    await using watched = await watchFile(lab, text)
    await watched.next('watching', ({ kind }) => kind === 'watching')
    const bridgesBefore = await bridges(lab)

    const other = await lab.write('elsewhere/compose.yaml', textOf(api('9000:80', 'zzz'), 'zzz'))
    for (const words of [
      ['apply', other, '--yes'],
      ['apply', other, '--yes', '--force'],
      ['move', other, 'zzz', '--yes'],
    ]) {
      const [command = '', file = '', ...more] = words
      const { exitCode, stdout, stderr } = await run(command, file, ...more)
      expect({ exitCode, stdout, stderr }).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /project other is held by "portolan watch" \(process (\d+)\), which follows \/run\/lab\/watched\/compose\.yaml .*kill -HUP \1\b.*kill \1,.* Nothing was changed\./s,
        ),
      })
    }
    expect(
      fromJson<{ readonly error: unknown }>((await run('apply', other, '--yes', '--json')).stdout).error,
    ).toMatchObject({
      code: 'WATCHED',
    })
    const planned = await run('plan', other)
    expect(planned.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /Notes .*held by "portolan watch" \(process \d+\), which follows \/run\/lab\/watched\/compose\.yaml.*apply/,
    )
    expect(await bridges(lab)).toBe(bridgesBefore)

    // The same file means another port here than in the watch's environment.
    const otherwise = await run('apply', '/run/lab/watched/compose.yaml', '--yes')
    expect(otherwise).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('variables') })
    // The same intent in another file, in another order, with another backend.
    const same = textOf(
      `${api('9000:80')}\n`.replace(
        'api: {networks: [net], ports: ["9000:80"]}',
        'api: {ports: ["9000:80"], networks: [net]}',
      ),
    )
    const copy = await lab.write('elsewhere/same.yaml', same)
    expect(await run('apply', copy, '--yes')).toMatchObject({ exitCode: 0, stderr: '' })
    expect((await run('plan', copy)).stdout).not.toContain('portolan watch')
    // The watch also takes the file's new text.
    await lab.write(
      'watched/compose.yaml',
      textOf(`${api(ofVariable)}\n  web: {networks: [net], ports: ["9001:80"]}`),
    )
    const next = await lab.write(
      'elsewhere/same.yaml',
      textOf(`${api('9000:80')}\n  web: {networks: [net], ports: ["9001:80"]}`),
    )
    expect(await run('apply', next, '--yes')).toMatchObject({ exitCode: 0 })
    expect(await run('move', next, 'net', '--yes')).toMatchObject({ exitCode: 0 })
    expect((await watched.end()).exitCode).toBe(0)
    expect(await run('apply', other, '--yes')).toMatchObject({ exitCode: 0 })
  })

  test('a watch takes a lease again that another process has released', async () => {
    const lab = await open()
    const both = textOf(`${api('9000:80')}\n  idle: {networks: [net]}`)
    await using watched = await watchFile(lab, both)
    await watched.next('watching', ({ kind }) => kind === 'watching')
    const pilot = pilotOf(lab, 'nftables')
    const leases = async () => (await pilot.plan(both)).addresses
    const leasesBefore = await leases()
    const library = `
      import { portolan } from '${loader}'
      const { apply, plan, readCompose } = portolan
      const text = ${JSON.stringify(textOf(api('9000:80')))}
      const stateDirectory = '/run/lab/state'
      const intent = readCompose(text, { source: 'x' })
      await apply(await plan(intent, { backend: 'nftables', stateDirectory }), { stateDirectory })`
    await lab.host.mustRun([
      'env',
      '-C',
      repository,
      process.execPath,
      '--input-type=module',
      '--eval',
      library,
    ])
    // The watch's rules do not change. So only a check finds it, and a change of a link makes the watch check.
    await lab.host.mustRun(['sh', '-c', 'ip link add looked type bridge && ip link delete looked'])
    await watched.next(
      'the lease',
      (event) => event.kind === 'drift' && event.changes.some(({ object }) => object === 'leases'),
    )
    const after = await pilot.run('plan', both)
    expect(after.stdout).not.toMatch(/Leases: \d+ to take/)
    expect(await leases()).toEqual(leasesBefore)
  })

  test('apply, move and destroy stay refused after the state directory or the lock files of the watch were lost', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'nftables')
    await lab.host.mustRun(['sh', '-c', 'mkdir /run/lab/disk && ln -s disk /run/lab/state'])
    await using watched = await watchFile(lab, textOf(api('9000:80')))
    await watched.next('watching', ({ kind }) => kind === 'watching')
    const other = await lab.write('elsewhere/compose.yaml', textOf(api('9000:80', 'zzz'), 'zzz'))
    const errorCodes = async (): Promise<unknown[]> => {
      const codes: unknown[] = []
      for (const line of [
        pilot.argv('destroy', null, '-p', 'other', '--yes', '--json'),
        pilot.argv('apply', other, '--yes', '--json'),
        pilot.argv('move', other, 'zzz', '--yes', '--json'),
      ])
        codes.push(JSON.parse((await lab.portolan(line)).stdout).error?.code)
      return codes
    }
    const allWatched = ['WATCHED', 'WATCHED', 'WATCHED']
    expect(await errorCodes()).toEqual(allWatched)
    // A folder takes the place of a link to one.
    await lab.host.mustRun(['sh', '-c', 'rm /run/lab/state && ip link add looked type bridge'])
    await watched.next(
      'the leases',
      (event) => event.kind === 'drift' && event.changes.some(({ object }) => object === 'leases'),
    )
    expect(await errorCodes()).toEqual(allWatched)
    // The lock files of the host are gone, but its state exists.
    await lab.host.mustRun([
      'sh',
      '-c',
      'mv /run/portolan /run/gone && rm -r /run/gone && ip link delete looked',
    ])
    // apply is refused by what the watch goes by, and that is written after the lock is taken.
    const isTold =
      'cd /run/portolan/watches-*; set -- other.*.lock other.*.text.json; [ -e "$1" ] && [ -e "$2" ] && ! flock --nonblock "$1" true'
    await until(
      'the lock and the text of the watch',
      async () => (await lab.host.run(['sh', '-c', isTold])).exitCode === 0,
      { beside: watched.running, shows: watched.events },
    )
    expect(await errorCodes()).toEqual(allWatched)
  })

  test('a watch that has lost its lock ends when another watch of the project has started, and names that one', async () => {
    const lab = await open()
    // The program that locks files waits as long as /run/lab/hold exists. So the other watch takes the lock first.
    const slow = `#!/bin/sh
      touch /run/lab/asked
      while [ -e /run/lab/hold ]; do sleep 0.02; done
      exec /usr/bin/flock "$@"`
    await lab.host.mustRun(['mkdir', '/run/lab/slow'])
    await lab.write('slow/flock', slow)
    await lab.host.mustRun(['chmod', '755', '/run/lab/slow/flock'])
    const watched = await watchFile(lab, textOf(api('9000:80')), {
      PATH: `/run/lab/slow:${process.env.PATH}`,
    })
    await watched.next('watching', ({ kind }) => kind === 'watching')
    const lost = 'rm -f /run/lab/asked; : > /run/lab/hold; rm /run/portolan/watches-*/other.*.lock'
    await lab.host.mustRun(['sh', '-c', `${lost}; ip link add looked type bridge`])
    await until(
      'the watch to check its lock',
      async () => (await lab.host.run(['test', '-e', '/run/lab/asked'])).exitCode === 0,
    )
    const begun = '/run/lab/begun'
    await lab.host.writeText(begun, '')
    const argv = pilotOf(lab, 'nftables').argv('watch', '/run/lab/watched/compose.yaml', '--json')
    const other = lab.host.start(
      ['sh', '-c', `PORT=9000 exec "$@" >> ${begun}`, 'sh', ...lab.command, ...argv],
      { timeoutMs: 120_000 },
    )
    await followEvents(lab, begun, other).next('watching', ({ kind }) => kind === 'watching')
    await lab.host.mustRun(['rm', '/run/lab/hold'])
    expect(await watched.running.outcome).toMatchObject({ exitCode: 1, stderr: '' })
    expect(await lab.host.readText(log)).toMatch(
      /"code": "WATCHED",\s+"message": "project other is held by another .* on this host by now \(process \d+\)/,
    )
    other.kill('SIGTERM')
    expect(await other.outcome).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

const textWithNotes = `name: other
services:
  web: {networks: [front], ports: ["[::]:8090:80", "8070:80"], network_modee: host}
networks: {front: {}}
`

describeLifecycle('what portolan watch prints', 'nftables', (open) => {
  test('each note is printed once for a text: at the start, and when a changed text is read', async () => {
    const lab = await open()
    const watched = await watchFile(lab, textWithNotes)
    await using _ended = watched
    await watched.next('watching', ({ kind }) => kind === 'watching')
    watched.signal('SIGHUP')
    await watched.next('watching', ({ kind }) => kind === 'watching')
    await lab.write('watched/compose.yaml', textWithNotes.replace('network_modee', 'network_modeee'))
    watched.signal('SIGHUP')
    await watched.next('watching', ({ kind }) => kind === 'watching')
    const { exitCode, stderr } = await watched.end()
    expect(exitCode).toBe(0)
    const countLines = (one: RegExp) => stderr.split('\n').filter((line) => one.test(line)).length
    expect([
      countLines(/compose\.yaml:3:.*bound to ::/),
      countLines(/network_modee\b/),
      countLines(/network_modeee\b/),
    ]).toEqual([2, 1, 1])
  })

  test('with --check, "in force" is printed only where the rules are those of the file', async () => {
    const lab = await open()
    const file = await lab.write('compose.yaml', textOf(api('9000:80')))
    const check = (...words: readonly string[]) =>
      lab.portolan(pilotOf(lab, 'nftables').argv('watch', file, '--check', '--once', ...words))
    const { stdout } = await check()
    expect(stdout).toContain('differs from what is wanted (nothing was changed)')
    expect(stdout).toContain('what is in force differs from what is wanted; watched with nftables')
    expect(stdout).not.toMatch(/: in force with/)
    await pilotOf(lab, 'nftables').apply(textOf(api('9000:80')))
    expect((await check()).stdout).toContain('other: in force with nftables, and watched')
  })
})
