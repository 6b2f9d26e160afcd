import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Running } from '../../lab/run.ts'
import { whileStopped } from '../../lab/while-stopped.ts'

const flushLegacy =
  'for t in nat mangle raw filter; do iptables-legacy -t $t -F; iptables-legacy -t $t -X; done'

/**
 * Another program deletes all rules while a watch runs. For iptables-legacy this takes many steps, and the watch is
 * stopped meanwhile: a chain that a repair uses again between two steps cannot be deleted.
 */
export const flushUnder = (watching: Running, lab: Lab, backend: Backend): Promise<unknown> =>
  backend === 'iptables-legacy'
    ? whileStopped(watching, () => lab.host.mustRun(['sh', '-ec', flushLegacy]))
    : lab.host.mustRun(['nft', 'flush', 'ruleset'])
