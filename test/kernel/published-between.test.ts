import { expect, test } from '@jest/globals'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { inKeptProcess } from './lifecycle/in-host.ts'

// A live host stores a port while it holds the host's lock, and then starts a program for each family. A reading in
// between finds a stored port without rules.
for (const backend of ['iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('a status while another process is writing the rules of a port', backend, (open) => {
    test('shows no drift, because it reads again once the host lock is free', async () => {
      const lab = await open()
      const found = await inKeptProcess(
        lab,
        backend,
        `import { spawnSync } from 'node:child_process'
         import { readFileSync, statSync, readdirSync } from 'node:fs'
         import { setTimeout as delay } from 'node:timers/promises'
         let hold = null
         const runner = { run: async (program, args, { input = '' } = {}) => {
           if (program.endsWith('-restore') && hold !== null) await hold()
           const { status: exitCode, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' })
           return { exitCode, stdout, stderr }
         } }
         const [one, other] = [await open({ project: 'shop' }), await open({ project: 'shop', runner })]
         await other.ensureNetwork('web', { pool: 'classic' })
         await other.lease('web', 'web-1')
         const [lock] = readdirSync('/run/portolan').filter((name) => /^network-\\d+\\.lock$/.test(name))
         const { dev, ino } = statSync('/run/portolan/' + lock)
         // Files of other file systems have that number too (sysmacros.h, and proc_locks(5)).
         const parts = [dev >> 8 & 0xfff, dev & 0xff | dev >> 12 & 0xfff00]
         const place = [...parts.map((part) => part.toString(16).padStart(2, '0')), ino].join(':')
         const waiting = new RegExp('-> FLOCK .* ' + place + ' ')
         const waits = () => waiting.test(readFileSync('/proc/locks', 'utf8'))
         let isRead = false
         const begun = new Promise((resolve) => {
           hold = async () => {
             hold = null
             resolve()
             while (!isRead && !waits()) await delay(5)
           }
         })
         const publishing = other.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
         await begun
         // By the other host object: the one that holds the lock does not wait for it.
         const reading = one.status({ conflicts: false, connections: false }).finally(() => { isRead = true })
         await publishing
         const { drift, mappings } = await reading
         report({ drift, ports: mappings.map(({ hostPort, drift }) => hostPort + ' ' + drift) })
         await one.close()
         await other.close()`,
      )
      expect(found).toEqual({ drift: [], ports: ['8080 none'] })
    })
  })
