"""Published recordings, read in the folder that UNITY_CORPORA names; none of them is kept here."""
