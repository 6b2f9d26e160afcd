import type { Lab } from '../../lab/lab.ts'
import { engineRoom } from '../../lab/neighbour/engine-room.ts'

/** What firewalld is set to, for good and at run time. */
export const settings = async (lab: Lab): Promise<string> => {
  // firewalld copies a zone that comes with it to /etc once it was changed, and leaves it there.
  const files =
    'cd /etc/firewalld; find . -type f ! -name "*.old" ! -name public.xml | sort | xargs tail -n +1'
  const room = await engineRoom(lab)
  return `${await room.mustRun(['sh', '-c', files])}\n${await firewalldRules(lab)}`
}

/** Its rules, as it writes them. */
export const firewalldRules = async ({ host }: Lab): Promise<string> => {
  const { stdout } = await host.run(['nft', 'list', 'table', 'inet', 'firewalld'])
  if (stdout !== '') return stdout
  const saved = `${await host.mustRun(['iptables-save'])}${await host.mustRun(['ip6tables-save'])}`
  return saved.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '')
}
