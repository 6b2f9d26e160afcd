/** What is to be said of a cluster without pools. */
export const noPools = (name: string): string =>
  `cluster ${name} has no pools: that name is misspelt, or the cluster was not set up. Name the one that is meant (--cluster, or cluster: in config.yaml), or settle its pools once: \`portolan cluster init --pool 10.64.0.0/12:24\`.`
