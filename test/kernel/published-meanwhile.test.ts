import { expect, test } from '@jest/globals'
import type { Lab } from '../lab/lab.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { inKeptProcess } from './lifecycle/in-host.ts'

/**
 * Runs a module with two host objects of a project that do not know each other. `one` runs `meanwhile` before the
 * program `nft` lists something for it the next time. `other` has a network, an endpoint and port 8080 there.
 */
const inTwo = (lab: Lab, code: string): Promise<unknown> =>
  inKeptProcess(
    lab,
    'nftables',
    `import { spawnSync } from 'node:child_process'
     let meanwhile = null
     const scripts = []
     // For a Runner that is not the library's own, rules are read and changed by nft.
     const runner = { run: async (program, args, { input = '' } = {}) => {
       if (program === 'nft' && args.includes('list') && meanwhile?.isBefore(args) === true) {
         const { work } = meanwhile
         meanwhile = null
         await work()
       }
       if (program === 'nft' && args.includes('-f')) scripts.push(input)
       const { status: exitCode, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' })
       return { exitCode, stdout, stderr }
     } }
     const [one, other] = [await open({ project: 'shop', runner }), await open({ project: 'shop' })]
     await one.ensureNetwork('web', { pool: 'classic' })
     await other.lease('web', 'web-1')
     const publish = (hostPort) => other.publish({ hostPort, to: { endpoint: 'web-1', port: 80 } })
     await publish(8080)
     scripts.length = 0
     ${code}
     await one.close()
     await other.close()`,
  )

// With iptables a port is published under the host's lock, which every plan holds too, and the rules are read once.
describeLifecycle('a port of another process', 'nftables', (open) => {
  test('that is published during a plan of networks stays in the rules', async () => {
    const lab = await open()
    const found = await inTwo(
      lab,
      `meanwhile = { isBefore: () => true, work: () => publish(8081) }
       await one.ensureNetwork('db', { pool: 'classic' })
       const table = run('nft', 'list', 'table', 'inet', 'portolan')
       const touching = scripts.filter((script) => script.includes('8081'))
       report({ isDone: meanwhile === null, touching, isThere: table.includes('8081') })`,
    )
    expect(found).toEqual({ isDone: true, touching: [], isThere: true })
  })

  test('that is withdrawn while a status is read gives no conflict', async () => {
    const lab = await open()
    const found = await inTwo(
      lab,
      `meanwhile = { isBefore: (args) => args.includes('ruleset'), work: () => other.unpublish({ hostPort: 8080 }) }
       const { conflicts } = await one.status({ connections: false })
       report({ isDone: meanwhile === null, kinds: conflicts.map(({ kind }) => kind) })`,
    )
    expect(found).toEqual({ isDone: true, kinds: [] })
  })
})
