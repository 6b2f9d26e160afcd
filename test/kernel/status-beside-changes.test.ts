import { expect, test } from '@jest/globals'
import { libraryLoader } from '../lab/library/library.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { inKeptProcess } from './lifecycle/in-host.ts'

// A status that finds drift reads again, because another program may just be changing the host.
describeLifecycle('a status that finds drift', 'iptables-nft', (open) => {
  test('leaves the lock free for other programs while it reads, and does not wait for a lock that its caller holds', async () => {
    const lab = await open()
    const found = await inKeptProcess(
      lab,
      'iptables-nft',
      `import { host as ofHost } from '${libraryLoader}'
       import { spawnSync } from 'node:child_process'
       import { readFileSync, statSync, readdirSync } from 'node:fs'
       import { setTimeout as delay } from 'node:timers/promises'
       let look = null
       const runner = { run: async (program, args, { input = '' } = {}) => {
         look?.(program)
         const { status: exitCode, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' })
         return { exitCode, stdout, stderr }
       } }
       const host = await open({ project: 'shop', runner })
       await host.ensureNetwork('web', { pool: 'classic' })
       await host.lease('web', 'web-1')
       await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
       run('iptables-nft', '-t', 'nat', '-F')
       const [lock] = readdirSync('/run/portolan').filter((name) => /^network-\\d+\\.lock$/.test(name))
       const path = '/run/portolan/' + lock
       const { dev, ino } = statSync(path)
       // Files of other file systems have that number too (sysmacros.h, and proc_locks(5)).
       const parts = [dev >> 8 & 0xfff, dev & 0xff | dev >> 12 & 0xfff00]
       const place = [...parts.map((part) => part.toString(16).padStart(2, '0')), ino].join(':')
       const waiting = new RegExp('-> FLOCK .* ' + place + ' ')
       const readStatus = () => host.status({ conflicts: false, connections: false })
       const taken = []
       look = () => taken.push(spawnSync('flock', ['--exclusive', '--nonblock', path, 'true']).status)
       const { drift } = await readStatus()
       look = null
       let waited = false
       let isRead = false
       const within = ofHost.withHostLock(readStatus).finally(() => { isRead = true })
       while (!isRead) {
         waited ||= waiting.test(readFileSync('/proc/locks', 'utf8'))
         await delay(5)
       }
       const same = (await within).drift.length === drift.length
       report({ hasDrift: drift.length > 0, readings: taken.length > 2, taken: [...new Set(taken)], waited, same })
       await host.close()`,
    )
    expect(found).toEqual({ hasDrift: true, readings: true, taken: [0], waited: false, same: true })
  })

  test('shows no drift where each of its readings comes between the record of a port and its rules', async () => {
    const lab = await open()
    const found = await inKeptProcess(
      lab,
      'iptables-nft',
      `import { spawnSync } from 'node:child_process'
       import { readdirSync } from 'node:fs'
       let mayChange = () => false
       let readings = 0
       let locked = 0
       let isPublished = false
       const runner = { run: async (program, args, { input = '' } = {}) => {
         const saves = program.startsWith('iptables') && program.endsWith('-save')
         if (saves) readings += 1
         const free = mayChange()
         if (saves && !free) locked += 1
         if (saves && isPublished && free) {
           await other.unpublish({ hostPort: 8080 })
           isPublished = false
         }
         const { status: exitCode, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' })
         if (saves && !isPublished && free) {
           await other.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
           isPublished = true
         }
         return { exitCode, stdout, stderr }
       } }
       const other = await open({ project: 'shop' })
       const host = await open({ project: 'shop', runner })
       await other.ensureNetwork('web', { pool: 'classic' })
       await other.lease('web', 'web-1')
       await other.publish({ hostPort: 7000, to: { endpoint: 'web-1', port: 80 } })
       const [lock] = readdirSync('/run/portolan').filter((name) => /^network-\\d+\\.lock$/.test(name))
       mayChange = () => spawnSync('flock', ['--exclusive', '--nonblock', '/run/portolan/' + lock, 'true']).status === 0
       readings = 0
       locked = 0
       const { drift } = await host.status({ conflicts: false, connections: false })
       mayChange = () => false
       report({ drift, isLockedAtLast: locked > 0, readings })
       await host.close()
       await other.close()`,
    )
    expect(found).toEqual({ drift: [], isLockedAtLast: true, readings: 5 })
  })
})
