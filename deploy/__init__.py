"""Running the whole: on one machine (`deploy.local`, what ``make up`` starts) and in containers (``deploy/docker``)."""
