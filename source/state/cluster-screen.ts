// What the screen of the cluster remembers.

export type ClusterState = {
	readonly fleet: number;
	/** First line drawn of what scrolls. */
	readonly top: number;
};
