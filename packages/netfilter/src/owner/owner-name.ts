const names: Readonly<Record<string, string>> = {
  calico: 'Calico',
  cilium: 'Cilium',
  cni: 'CNI',
  docker: 'Docker',
  flannel: 'Flannel',
  netavark: 'Podman (netavark)',
  portolan: 'Portolan',
  tailscale: 'Tailscale',
}

/** An owner as a sentence names it. */
export const ownerName = (owner: string): string => names[owner] ?? owner

/** The same, of something that is the owner's: `Docker's`. */
export const ownersName = (owner: string): string =>
  owner === 'netavark' ? "Podman's" : `${ownerName(owner)}'s`
