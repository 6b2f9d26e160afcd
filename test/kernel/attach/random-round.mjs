import { spawnSync } from 'node:child_process'

/**
 * Runs one sequence of calls on a live host and on a model of what is attached, leased and published. It compares both
 * after each call. It runs in the host's namespace: see random-attach.ts.
 */

const networks = { web: 'eth0', db: 'eth1' }
const portOf = { a: 9000, b: 9001, c: 9002 }

/**
 * Runs a program. A listing that a change has interrupted (NLM_F_DUMP_INTR), such as the end of a namespace, is
 * repeated.
 */
const run = (...argv) => {
  for (;;) {
    const { status, signal, error, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr ?? ''} ${signal ?? ''}`, { cause: error })
    if (!stderr.startsWith('Dump was interrupted')) return stdout
  }
}

const refusalOf = (work) =>
  work.then(
    () => null,
    ({ code = 'none' }) => code,
  )

/** The state of the kernel and of the host object, as sorted texts. */
const readState = (host, namespaces) => {
  const links = JSON.parse(run('ip', '-d', '-j', 'link'))
  const attached = links.flatMap(({ ifalias = '', ifname, master = 'none', linkinfo }) => {
    const [, network, endpoint] = /^portolan project=shop network=(\S+) endpoint=(\S+)$/.exec(ifalias) ?? []
    if (endpoint === undefined) return []
    const bridge = links.find((one) => one.ifname === master)?.ifalias ?? 'none'
    const port = `hairpin ${linkinfo?.info_slave_data?.hairpin}`
    return [{ key: `${network} ${endpoint}`, ifname, onBridge: bridge.endsWith(` network=${network}`), port }]
  })
  const inside = namespaces.flatMap((name) =>
    JSON.parse(run('ip', '-n', name, '-j', 'address')).flatMap(({ ifname, addr_info }) =>
      ifname === 'lo'
        ? []
        : [
            `${name} ${ifname} ${addr_info.flatMap(({ scope, local }) => (scope === 'global' ? [local] : [])).sort()}`,
          ],
    ),
  )
  return {
    attached: attached.map(({ key, onBridge, port }) => `${key} ${onBridge} ${port}`).sort(),
    inside: inside.sort(),
    leased: host
      .endpoints()
      .map(({ network, service }) => `${network} ${service}`)
      .sort(),
    published: [...new Set(host.published().map(({ hostPort }) => hostPort))].sort(),
  }
}

/** Ends a namespace. The kernel removes its interfaces later, in a work queue (`cleanup_net`). */
const endNamespace = (name) => {
  const before = run('ip', '-o', 'link').split('\n').length
  const had = run('ip', '-n', name, '-o', 'link').split('\n').length - 2
  run('ip', 'netns', 'delete', name)
  // All namespaces of the machine share the queue. So the wait is as long as that of the lab's `until`, and longer on a
  // busy machine.
  for (let look = 0; run('ip', '-o', 'link').split('\n').length > before - had; look += 1) {
    if (look === 6000) throw new Error(`interfaces of the namespace ${name} stay though it has ended`)
    run('sleep', '0.01')
  }
  run('ip', 'netns', 'add', name)
}

export const randomRound = async (host, commands) => {
  const namespaces = ['one', 'two']
  const model = { attached: new Map(), leased: new Set(), published: new Set() }
  const rules = run('nft', 'list', 'ruleset')
  const addresses = new Map()
  const expected = () => ({
    attached: [...model.attached.keys()].map((key) => `${key} true hairpin true`).sort(),
    inside: [...model.attached]
      .map(([key, name]) => `${name} ${networks[key.split(' ')[0]]} ${addresses.get(key)}`)
      .sort(),
    leased: [...model.leased].sort(),
    published: [...model.published].sort(),
  })
  const compare = (what) => {
    const found = JSON.stringify(readState(host, namespaces))
    const wanted = JSON.stringify(expected())
    if (found !== wanted) throw new Error(`after ${JSON.stringify(what)}:\nfound  ${found}\nwanted ${wanted}`)
  }
  const expectOutcome = (what, found, wanted) => {
    if (found !== wanted) throw new Error(`${JSON.stringify(what)} ended with ${found} in place of ${wanted}`)
  }
  const calls = {
    attach: async ({ network, endpoint, netns }) => {
      const key = `${network} ${endpoint}`
      const at = model.attached.get(key)
      const isTaken = [...model.attached].some(
        ([other, name]) => other !== key && name === netns && other.startsWith(`${network} `),
      )
      const wanted =
        at !== undefined && at !== netns ? 'ENDPOINT_ATTACHED' : at === undefined && isTaken ? 'APPLY' : null
      const found = await refusalOf(
        host
          .attach({ network, endpoint, netns: { name: netns }, interface: networks[network] })
          .then(({ ip, ip6 }) => addresses.set(key, [ip, ip6].filter((one) => one !== null).sort())),
      )
      expectOutcome({ attach: key, netns }, found, wanted)
      if (wanted !== null) return
      model.attached.set(key, netns)
      model.leased.add(key)
    },
    detach: async ({ endpoint, keepLease }) => {
      await host.detach(endpoint, { keepLease })
      for (const network of Object.keys(networks)) {
        model.attached.delete(`${network} ${endpoint}`)
        if (!keepLease) model.leased.delete(`${network} ${endpoint}`)
      }
      if (!keepLease) model.published.delete(portOf[endpoint])
    },
    publish: async ({ endpoint }) => {
      const wanted = model.leased.has(`web ${endpoint}`) ? null : 'INVALID_REQUEST'
      const to = { endpoint, network: 'web', port: 80 }
      expectOutcome(
        { publish: endpoint },
        await refusalOf(host.publish({ hostPort: portOf[endpoint], to })),
        wanted,
      )
      if (wanted === null) model.published.add(portOf[endpoint])
    },
    end: async ({ netns }) => {
      endNamespace(netns)
      for (const [key, name] of model.attached) if (name === netns) model.attached.delete(key)
    },
    /** Another program damages an attached endpoint, and attach repairs it. */
    damage: async ({ network, endpoint, how }) => {
      const netns = model.attached.get(`${network} ${endpoint}`)
      if (netns === undefined) return
      if (how === 'flush') run('ip', '-n', netns, 'address', 'flush', 'dev', networks[network])
      else {
        const link = JSON.parse(run('ip', '-j', 'link')).find(({ ifalias = '' }) =>
          ifalias.endsWith(` network=${network} endpoint=${endpoint}`),
        )
        run('ip', 'link', 'set', link.ifname, ...(how === 'release' ? ['nomaster'] : ['down']))
      }
      await host.attach({ network, endpoint, netns: { name: netns }, interface: networks[network] })
    },
  }
  for (const name of namespaces) run('ip', 'netns', 'add', name)
  for (const command of commands) {
    await calls[command.call](command)
    compare(command)
  }
  for (const endpoint of Object.keys(portOf)) await calls.detach({ endpoint, keepLease: false })
  compare('the end')
  for (const name of namespaces) run('ip', 'netns', 'delete', name)
  if (run('nft', 'list', 'ruleset') !== rules) throw new Error('the rules are not what they were before')
}
