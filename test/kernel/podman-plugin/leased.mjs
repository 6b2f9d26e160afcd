// Prints what is leased on this host, a line each.
import { core, portolan } from '../../lab/library/load.mjs'

const store = portolan.openLeaseStore('/var/lib/portolan')
for (const lease of core.listLeases(await store.read())) process.stdout.write(`${JSON.stringify(lease)}\n`)
await store.close()
