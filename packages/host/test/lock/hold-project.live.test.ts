import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'
import { end } from './lock-programs.ts'

/** What a killed process left, whose number this one has again, is there before. */
const filesOfLocks = `
      const files = () => existsSync('/run/portolan') ? readdirSync('/run/portolan', { recursive: true }) : []`

describeLive('withHostLock', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => host.remove())

  test('a project that a process holds is held on when the state directory is lost', async () => {
    const state = mkdtempSync(join(tmpdir(), 'portolan-watch-'))
    const child = await host.startAndHear(`
      import { holdProject } from '@portolan/host'
      const { kind } = await holdProject('${state}', 'shop')
      console.log(kind)
      setTimeout(() => {}, 600_000)`)
    const look = (project: string): Promise<unknown> =>
      host.node(`
        import { holdProject, watchersOf } from '@portolan/host'
        const hold = await holdProject('${state}', '${project}')
        const [, by] = [hold.end?.(), hold.by?.process.pid ?? null]
        report([hold.kind, by, (await watchersOf('${state}', null)).length])`)
    const pid = child.pid
    try {
      expect(await look('shop')).toEqual(['busy', pid, 1])
      rmSync(state, { recursive: true })
      expect(await look('shop')).toEqual(['busy', pid, 1])
      expect(await look('other')).toEqual(['held', null, 1])
    } finally {
      await end(child)
    }
    expect(await look('shop')).toEqual(['held', null, 0])
  })

  test('a project whose file another process had when it was held is told of by the next look', async () => {
    const state = mkdtempSync(join(tmpdir(), 'portolan-watch-'))
    const outcome = await host.node(`
      import { spawn } from 'node:child_process'
      import { once } from 'node:events'
      import { existsSync, readdirSync } from 'node:fs'
      import { holdProject, watchersOf } from '@portolan/host'
      ${filesOfLocks}
      const before = files()
      const first = await holdProject('${state}', 'shop')
      const found = files().find((name) => name.endsWith('.' + process.pid + '.1.lock') && !before.includes(name))
      first.end()
      // A process that only looks, and has no processor meanwhile.
      const path = '/run/portolan/' + found.replace(/1.lock$/, '2.lock')
      const looking = spawn('flock', ['--shared', '--no-fork', path, 'sh', '-c', 'echo locked; exec sleep 600'])
      await once(looking.stdout, 'data')
      const hold = await holdProject('${state}', 'shop')
      looking.kill('SIGKILL')
      await once(looking, 'exit')
      const told = async () => (await watchersOf('${state}', 'shop')).length
      report([await told(), await hold.keep(), await told(), await hold.keep(), hold.end(), await told()])`)
    rmSync(state, { recursive: true })
    expect(outcome).toEqual([0, { kind: 'again' }, 1, { kind: 'kept' }, null, 0])
  })

  test('of two processes that hold a project, one of which could not lock its file, that one hears of the other', async () => {
    const state = mkdtempSync(join(tmpdir(), 'portolan-watch-'))
    const first = await host.startAndHear(`
      import { existsSync, readdirSync, rmSync } from 'node:fs'
      import { holdProject } from '@portolan/host'
      ${filesOfLocks}
      const before = files()
      const hold = await holdProject('${state}', 'shop')
      const found = files().find((name) => name.endsWith('.' + process.pid + '.1.lock') && !before.includes(name))
      rmSync('/run/portolan/' + found)
      process.on('SIGUSR2', async () => report(await hold.keep()))
      setTimeout(() => {}, 600_000)
      console.log('lost')`)
    const keep = async (): Promise<unknown> => {
      const told = new Promise((resolve) => first.stdout?.once('data', resolve))
      first.kill('SIGUSR2')
      return fromJson(String(await told))
    }
    try {
      const second = await host.startAndHear(`
        import { holdProject } from '@portolan/host'
        console.log((await holdProject('${state}', 'shop')).kind)
        setTimeout(() => {}, 600_000)`)
      const ended = once(second, 'exit')
      const by = { project: 'shop', process: expect.objectContaining({ pid: second.pid }) }
      expect([await keep(), await keep()]).toEqual([
        { kind: 'busy', by },
        { kind: 'busy', by },
      ])
      second.kill('SIGKILL')
      await ended
      expect([await keep(), await keep()]).toEqual([{ kind: 'again' }, { kind: 'kept' }])
    } finally {
      first.kill('SIGKILL')
      rmSync(state, { recursive: true })
    }
  })

  test('a process that looks, and has no processor then, is not taken for the killed one that it looks for', async () => {
    const [state, folder] = [
      mkdtempSync(join(tmpdir(), 'portolan-watch-')),
      mkdtempSync('/run/portolan-flock-'),
    ]
    // The helper has the requested lock, but never continues.
    const slow = `#!/bin/sh
      /usr/bin/flock "$@" && touch ${folder}/looked
      while kill -0 $PPID; do sleep 0.1; done`
    writeFileSync(join(folder, 'flock'), slow, { mode: 0o755 })
    const killed = await host.startAndHear(`
      import { holdProject } from '@portolan/host'
      console.log((await holdProject('${state}', 'shop')).kind)
      setTimeout(() => {}, 600_000)`)
    await end(killed)
    const looking = await host.startAndHear(`
      import { existsSync } from 'node:fs'
      import { setTimeout } from 'node:timers/promises'
      import { watchersOf } from '@portolan/host'
      process.env.PATH = '${folder}:' + process.env.PATH
      watchersOf('${state}', 'shop')
      while (!existsSync('${folder}/looked')) await setTimeout(5)
      console.log('looks')
      await setTimeout(600_000)`)
    try {
      const outcome = await host.node(`
        import { holdProject, watchersOf } from '@portolan/host'
        const found = await watchersOf('${state}', 'shop')
        report([found, (await holdProject('${state}', 'shop')).kind])`)
      expect(outcome).toEqual([[], 'held'])
    } finally {
      looking.kill('SIGKILL')
      for (const one of [state, folder]) rmSync(one, { recursive: true })
    }
  })
})
