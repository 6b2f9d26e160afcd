import type { Lab } from '../../lab/lab.ts'
import { engineRoom } from '../../lab/neighbour/engine-room.ts'

/** The permanent and the run-time settings of firewalld. */
export const settings = async (lab: Lab): Promise<string> => {
  // When a zone has been changed, firewalld leaves a copy of the packaged zone in /etc. So that file is left out.
  const files =
    'cd /etc/firewalld; find . -type f ! -name "*.old" ! -name public.xml | sort | xargs tail -n +1'
  const room = await engineRoom(lab)
  return `${await room.mustRun(['sh', '-c', files])}\n${await firewalldRules(lab)}`
}

/** The rules that firewalld has written. */
export const firewalldRules = async ({ host }: Lab): Promise<string> => {
  const { stdout } = await host.run(['nft', 'list', 'table', 'inet', 'firewalld'])
  if (stdout !== '') return stdout
  const saved = `${await host.mustRun(['iptables-save'])}${await host.mustRun(['ip6tables-save'])}`
  return saved.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '')
}
