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

/** The name of an owner in a sentence: `Docker`. */
export const ownerName = (owner: string): string => names[owner] ?? owner

/** The possessive form of an owner's name: `Docker's`. */
export const ownersName = (owner: string): string =>
  owner === 'netavark' ? "Podman's" : `${ownerName(owner)}'s`
